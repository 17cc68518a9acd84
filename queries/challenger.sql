-- Who would be in another band on the challenger, on the newest date?
select
    champion.band,
    challenger.band as on_challenger,
    count(*) as people
from score as champion
inner join score_all as challenger
    on
        champion.person_id = challenger.person_id
        and champion.as_of_date = challenger.as_of_date
        and champion.known_on = challenger.known_on
inner join dim_date
    on challenger.as_of_date = dim_date.as_of_date and challenger.run = dim_date.run
where
    dim_date.is_latest
    and challenger.scorecard = 'reported_b'
    and champion.band_no <> challenger.band_no
group by champion.band_no, challenger.band_no, champion.band, challenger.band
order by champion.band_no, challenger.band_no
