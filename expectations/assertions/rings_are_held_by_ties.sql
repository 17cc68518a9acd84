/*
title = "A ring has the members that are published, and more ties of its time than chance brings"
level = "fail"
stage = "published"
*/
with counted as (
    select
        ring_no,
        count(*) as member_count,
        count(*) filter (where is_hub) as hub_count
    from published.ring_member
    group by ring_no
)

select
    coalesce(ring.ring_no, counted.ring_no) as ring_no,
    ring.kind,
    ring.people,
    counted.member_count,
    counted.hub_count,
    ring.burst_tie_count,
    ring.expected_tie_count
from published.ring as ring
full join counted on ring.ring_no = counted.ring_no
where
    ring.people is distinct from counted.member_count
    or counted.hub_count is distinct from case ring.kind when 'star' then 1 else 0 end
    or ring.burst_tie_count <= ring.expected_tie_count
