/*
number = 20
title  = "Fear 2: friends are farmed"
note   = "What each attack gains its attackers on average, under the rule that you choose: this card takes a bounded mean of friends' records; some operators are said to count good friends."
empty  = "The audit of gaming found no one to play an attack."
finding = """
select format(
    'Counting good friends pays a farmer up to {:.1f} points a head; a bounded mean pays {:.1f} at most.',
    max(mean_gain) filter (where rule like 'counted%'), max(mean_gain) filter (where rule not like 'counted%')
) from figure"""
chart  = { kind = "bars", label = "attack", values = ["mean_gain"], choice = "rule", said = "said" }

[columns]
rule      = { heading = "friends are" }
attack    = {}
mean_gain = { unit = "points a head", decimals = 1 }
attackers = { unit = "people" }
said      = { heading = "in words" }
*/
with tried as (
    select
        attack.attack_no,
        rule.rule_no,
        rule.rule,
        attack.attacker_count as attackers,
        if(rule.rule_no = 1, attack.naive_points_gained, attack.social_points_gained)
        / attack.attacker_count as mean_gain,
        replace(attack.attack, '_', ' ') || ': ' || attack.friend_count || ', '
        || attack.contact_months || if(attack.contact_months = 1, ' month', ' months') as attack
    from gaming as attack
    cross join (values (1, 'counted, if good'), (2, 'a bounded mean')) as rule (rule_no, rule)
    where attack.as_of_date = $as_of_date and attack.scorecard_no = 1
)

select
    rule,
    attack,
    mean_gain,
    attackers,
    format(
        '{} of {} attacks pay more than one point a head; the best is {}.',
        count(*) filter (where mean_gain > 1) over of_rule, count(*) over of_rule,
        max_by(attack, mean_gain) over of_rule
    ) as said
from tried
window of_rule as (partition by rule_no)
order by rule_no, attack_no
