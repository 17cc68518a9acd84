/*
number = 50
title  = "What has drifted since the snapshot before"
note   = "Population stability index; by custom up to 0.1 is stable and from 0.25 shifted. Noise: what chance alone makes of so many people. The fifteen largest."
empty  = "Not computed for these two dates, or they were scored by two cards: `plainscore drift` computes it for one."
finding = """
select format(
    '{} of the {} largest are beyond noise; {} has moved most, PSI {:.4f}.',
    count(*) filter (where is_beyond_noise), count(*), max_by(subject, psi), max(psi)
) from figure"""
chart  = { kind = "bars", label = "subject", values = ["psi"], limit = "psi_noise", marked = "is_beyond_noise" }

[columns]
subject         = {}
psi             = { heading = "PSI", unit = "0 upwards", decimals = 4 }
psi_noise       = { heading = "noise", unit = "0 upwards", decimals = 4 }
is_beyond_noise = { heading = "beyond noise" }
people_before   = { unit = "people" }
people_after    = { heading = "people now", unit = "people" }
*/
select
    replace(drift.subject, '_', ' ') as subject,
    drift.psi,
    drift.psi_noise,
    drift.is_beyond_noise,
    drift.people_before,
    drift.people_after
from drift
inner join dim_date as earlier
    on drift.known_on_before = earlier.known_on and drift.run_before = earlier.run
inner join dim_date as later on drift.known_on = later.known_on and drift.run = later.run
where
    drift.scorecard_no = 1
    and drift.as_of_date_before = $before_date
    and drift.as_of_date = $as_of_date
    and earlier.as_of_date = $before_date
    and later.as_of_date = $as_of_date
order by drift.psi desc, drift.subject_no asc
limit 15
