/*
number = 10
title  = "Fear 1: no one knows what counts"
note   = "Mean points of each factor in the band that you choose; the tick is the most that the factor can give. Every point has a rule: the page Method lists all of them, the page Person applies them to anyone here."
empty  = "No one is scored."
finding = """
select format(
    'Between the lowest and the highest band lie {:.0f} points; most of them, {:.0f}, are {}.',
    sum(apart), max(apart), max_by(factor, apart)
) from (
    select factor, max_by(mean_points, band_no) - min_by(mean_points, band_no) as apart from figure group by factor
)"""
chart  = { kind = "bars", label = "factor", values = ["mean_points"], limit = "max_points", choice = "band", said = "said" }

[columns]
band        = {}
band_no     = { heading = "number", unit = "of the band" }
factor      = {}
mean_points = { unit = "points", decimals = 1 }
max_points  = { heading = "most", unit = "points" }
people      = { unit = "people" }
said        = { heading = "in words" }
*/
-- What is left of a row has the person's points, a column for each factor.
with in_band as (
    select
        score.band,
        score.band_no,
        count(*) as people,
        avg(columns(own.* exclude (
            person_id, as_of_date, known_on, scorecard, scorecard_no, is_latest, is_month_end,
            is_champion
        )))
    from factor as own
    inner join score on own.person_id = score.person_id and score.as_of_date = $as_of_date
    where own.as_of_date = $as_of_date
    group by score.band, score.band_no
),

mean as (
    select
        in_band.band,
        in_band.band_no,
        in_band.people,
        card.factor_no,
        replace(card.factor, '_', ' ') as factor,
        card.max_points,
        cast(to_json(in_band) ->> card.factor as double) as mean_points
    from in_band
    inner join factor_card as card on card.scorecard_no = 1 and card.as_of_date = $as_of_date
)

select
    band,
    band_no,
    factor,
    mean_points,
    max_points,
    people,
    format(
        '{:,} people are {}: they have {:.0f} of {} points on average, and lose most in {}.',
        people, band, sum(mean_points) over of_band, sum(max_points) over of_band,
        max_by(factor, max_points - mean_points) over of_band
    ) as said
from mean
window of_band as (partition by band_no)
order by band_no, factor_no
