-- How many people are in which band, on every published date?
select
    as_of_date,
    coalesce(band, 'not scored') as band,
    count(*) as people,
    round(100.0 * count(*) / sum(count(*)) over (partition by as_of_date), 1) as percent
from score
group by as_of_date, band_no, band
order by as_of_date, band_no nulls first
