-- Good and bad people by their score in context, for each set of contexts that benefits accept. Sets
-- are numbered after the features, in the order in which benefits name them.
with accepted as (
    select
        scorecard_no,
        accepts,
        row_number() over (partition by scorecard_no order by min(benefit_no)) as set_no
    from run_benefit_card
    where is_walled
    group by scorecard_no, accepts
),

of_subjects as (
    select
        scorecard_no,
        max(subject_no) as last_no
    from counted_subject
    group by scorecard_no
),

of_points as (
    select
        scored.scorecard_no,
        scored.accepts,
        scored.score_in_context as points,
        count(*) filter (where not outcome.is_bad) as good,
        count(*) filter (where outcome.is_bad) as bad
    from run_context_score as scored
    inner join outcomes.outcome as outcome on scored.person_id = outcome.person_id
    group by all
)

select
    card.scorecard,
    accepted.scorecard_no,
    cast(of_subjects.last_no + accepted.set_no as integer) as subject_no,
    'context' as subject_kind,
    accepted.accepts as subject,
    list((of_points.points, of_points.good, of_points.bad)) filter (
        where of_points.points is not null
    ) as counts
from accepted
inner join run_card as card on accepted.scorecard_no = card.scorecard_no
inner join of_subjects on accepted.scorecard_no = of_subjects.scorecard_no
left join of_points
    on accepted.scorecard_no = of_points.scorecard_no and accepted.accepts = of_points.accepts
group by all
