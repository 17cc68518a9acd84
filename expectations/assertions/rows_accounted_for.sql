/*
title = "Rows read = accepted + duplicates + quarantined, in every file"
level = "fail"
stage = "raw"
*/
select
    file_no,
    log,
    file,
    arrived,
    rows,
    accepted,
    duplicates,
    quarantined
from events.file
where rows is distinct from accepted + duplicates + quarantined
