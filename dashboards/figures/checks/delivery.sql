/*
number = 29
title  = "What was delivered, and what became of it"
note   = "All that had arrived by the day this snapshot knows, by source and log. Rows read are accepted, duplicates or quarantined."
empty  = "No file is left of which something is known."
finding = """
select format(
    'Of {:,} rows {:.2f} % were accepted, {:.2f} % are duplicates and {:.2f} % were refused.',
    cast(sum(delivered) as bigint), 100 * sum(accepted) / sum(delivered), 100 * sum(duplicates) / sum(delivered), 100 * sum(quarantined) / sum(delivered)
) from figure having sum(delivered) > 0"""

[columns]
folder      = { heading = "source" }
log         = {}
files       = { unit = "files" }
delivered   = { heading = "rows", unit = "rows" }
accepted    = { unit = "rows" }
duplicates  = { unit = "rows" }
quarantined = { unit = "rows" }
not_used    = { heading = "files with columns not used", unit = "files" }
*/
select
    split_part(delivery.file, '/', 1) as folder,
    delivery.log,
    count(*) as files,
    sum(delivery.accepted + delivery.duplicates + delivery.quarantined) as delivered,
    sum(delivery.accepted) as accepted,
    sum(delivery.duplicates) as duplicates,
    sum(delivery.quarantined) as quarantined,
    count(delivery.unknown_columns) as not_used
from delivery
inner join dim_date on delivery.arrived <= dim_date.known_on
where dim_date.as_of_date = $as_of_date
group by folder, delivery.log
order by folder, log
