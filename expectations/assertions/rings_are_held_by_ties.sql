/*
title = "A ring has the members that are published, and no tie of a burst leads out of it"
level = "fail"
stage = "published"
*/
with counted as (
    select
        ring_no,
        count(*) as member_count
    from published.ring_member
    group by ring_no
)

select
    coalesce(ring.ring_no, counted.ring_no) as ring_no,
    ring.people,
    counted.member_count,
    null as low_key,
    null as high_key
from published.ring as ring
full join counted on ring.ring_no = counted.ring_no
where ring.people is distinct from counted.member_count
union all
select
    low_end.ring_no,
    null as people,
    null as member_count,
    tie.low_key,
    tie.high_key
from audits.burst_tie as tie
left join statistics.ring_member as low_end on tie.low_key = low_end.person_key
left join statistics.ring_member as high_end on tie.high_key = high_end.person_key
where low_end.ring_no is distinct from high_end.ring_no
