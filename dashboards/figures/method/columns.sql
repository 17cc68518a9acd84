/*
number = 40
title  = "Every published column"
note   = "For `plainscore query`, or any DuckDB that opens the catalog. Views that end in _all have the same columns for every scorecard and run."
empty  = "There are no views."

[columns]
view_name   = { heading = "view" }
column_name = { heading = "column" }
data_type   = { heading = "type" }
comment     = { heading = "what it holds" }
*/
select
    told.table_name as view_name,
    told.column_name,
    told.data_type,
    told.comment
from duckdb_columns() as told
inner join duckdb_views() as listed on told.table_oid = listed.view_oid
where not listed.internal and not ends_with(told.table_name, '_all')
order by told.table_name, told.column_index
