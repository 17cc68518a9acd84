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
    described.table_name as view_name,
    described.column_name,
    described.data_type,
    described.comment
from duckdb_columns() as described
inner join duckdb_views() as listed on described.table_oid = listed.view_oid
where not listed.internal and not ends_with(described.table_name, '_all')
order by described.table_name, described.column_index
