/*
title = "Published columns have types that every reader knows, and no internal keys"
level = "fail"
stage = "published"
*/
-- DECIMAL and HUGEINT break charts; a person_key means nothing outside its event store.
select
    table_name,
    column_name,
    data_type
from information_schema.columns
where
    table_catalog = current_database()
    and table_schema = 'published'
    and (
        data_type not in (
            'INTEGER', 'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'BOOLEAN', 'VARCHAR'
        )
        or column_name like '%\_key' escape '\'
        or (column_name = 'person_id' and ordinal_position <> 1)
    )
