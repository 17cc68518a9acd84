-- Who went from which band to which since the date before?
select
    band_before,
    band_after,
    people,
    round(share, 3) as share
from mobility(
    (select previous_date from dim_date where is_latest),
    (select as_of_date from dim_date where is_latest)
)
order by band_no_before, band_no_after
