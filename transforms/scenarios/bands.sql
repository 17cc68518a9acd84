-- How many people are in each band.
select
    band.scorecard as society,
    band.band_no,
    band.band,
    count(score.score) as people
from reference.band as band
left join scores.score as score
    on band.scorecard = score.scorecard and band.band_no = score.band_no
group by all
order by all
