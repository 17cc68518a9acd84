/*
title = "Rows read = accepted + duplicates + quarantined, in every file"
level = "fail"
stage = "raw"
*/
select *
from events.file
where rows is distinct from accepted + duplicates + quarantined
