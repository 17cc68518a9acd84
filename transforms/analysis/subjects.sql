-- What people of a run are counted by: the score, the factors and the features of its scorecards.
-- subject_no: 0 the score, then the factors, then the features in the order of the card. edges: the
-- lowest value of each bin of a feature that has bins. The views run_... read the run.
with edge as (
    select
        scorecard_no,
        feature,
        list(at_least order by bin_no) as edges
    from run_bin_card
    group by all
),

subject as (
    select
        scorecard_no,
        0 as kind_no,
        'score' as subject_kind,
        'score' as subject,
        0 as number_in_kind,
        0 as max_points
    from run_card
    union all
    select
        scorecard_no,
        1 as kind_no,
        'factor' as subject_kind,
        factor as subject,
        factor_no as number_in_kind,
        max_points
    from run_factor_card
    union all
    select
        scorecard_no,
        2 as kind_no,
        'feature' as subject_kind,
        feature as subject,
        feature_no as number_in_kind,
        max_points
    from run_feature_card
)

select
    card.scorecard,
    subject.scorecard_no,
    row_number() over (
        partition by subject.scorecard_no
        order by subject.kind_no, subject.number_in_kind, subject.subject
    ) - 1 as subject_no,
    subject.subject_kind,
    subject.subject,
    subject.number_in_kind,
    subject.max_points,
    edge.edges
from subject
inner join run_card as card on subject.scorecard_no = card.scorecard_no
left join edge
    on
        subject.subject_kind = 'feature'
        and subject.scorecard_no = edge.scorecard_no
        and subject.subject = edge.feature
