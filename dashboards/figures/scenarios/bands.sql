/*
number = 20
title  = "Who is in which band?"
note   = "People who are not scored are in no band, in any society."
columns.shown = { heading = "value", unit = "% of the scored", decimals = 1 }
*/
select
    'Band ' || band.band_no || ', ' || first_card.band as panel,
    band.as_of_date,
    band.society,
    100 * band.people / nullif(figure.scored, 0) as shown
from bands as band
inner join bands as first_card
    on
        band.band_no = first_card.band_no
        and band.as_of_date = first_card.as_of_date
        and first_card.society_no = 1
inner join figures as figure
    on band.society = figure.society and band.as_of_date = figure.as_of_date
order by band.band_no, band.as_of_date, band.society_no
