-- What costs people the most points on the newest date, in which band?
select
    score.band,
    reason.code,
    count(*) as people,
    sum(reason.points_lost) as points_lost
from reason
inner join score on reason.person_id = score.person_id and reason.as_of_date = score.as_of_date
where reason.as_of_date = (select max(as_of_date) from dim_date)
group by score.band_no, score.band, reason.code
qualify
    row_number()
        over (partition by score.band_no order by sum(reason.points_lost) desc, reason.code asc)
    <= 2
order by score.band_no asc, points_lost desc
