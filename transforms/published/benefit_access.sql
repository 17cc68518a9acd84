/*
title = "Who has which benefit open"
grain = "one row per scorecard, group and benefit"
key   = ["scorecard_no", "attribute", "group_no", "benefit_no"]

[columns]
as_of_date           = {}
known_on             = {}
scorecard            = {}
scorecard_no         = {}
attribute            = { in = ["region", "gender", "age_band", "decile"] }
group_no             = {}
group_name           = {}
benefit_no           = { type = "INTEGER", min = 1, doc = "Place of the benefit on the list." }
benefit              = {}
is_harm_sensitive    = { type = "BOOLEAN", doc = "Hiring, dating, housing." }
people               = {}
open_count           = {}
open_share           = {}
share_low            = {}
share_high           = {}
best_group           = {}
four_fifths_ratio    = {}
ratio_low            = {}
ratio_high           = {}
is_below_four_fifths = {}
p_value              = {}
adjusted_p_value     = {}
is_significant       = { type = "BOOLEAN", doc = "Whether adjusted_p_value, of the share against that of best_group, is below 0.01." }
is_small             = {}

[[checks]]
name = "a share lies within its interval"
sql  = "select * from {batch} where open_share < share_low or open_share > share_high"
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    statistic.scorecard,
    card.scorecard_no,
    statistic.attribute,
    statistic.group_no,
    statistic.group_name,
    cast(benefit.benefit_no as integer) as benefit_no,
    statistic.benefit,
    benefit.is_harm_sensitive,
    statistic.people,
    statistic.open_count,
    statistic.open_share,
    statistic.share_low,
    statistic.share_high,
    statistic.best_group,
    statistic.four_fifths_ratio,
    statistic.ratio_low,
    statistic.ratio_high,
    statistic.is_below_four_fifths,
    statistic.p_value,
    statistic.adjusted_p_value,
    statistic.is_significant,
    statistic.is_small
from statistics.benefit_access as statistic
inner join reference.card as card on statistic.scorecard = card.scorecard
inner join reference.benefit as benefit
    on statistic.scorecard = benefit.scorecard and statistic.benefit = benefit.benefit
