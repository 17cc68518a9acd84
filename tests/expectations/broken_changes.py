"""What is done to the changes of the small house, so that each of their assertions is broken."""

PLANTED_IN_CHANGES: dict[str, tuple[str, int]] = {
    "causes_sum_to_the_change": (
        "update changes.change set time_change = time_change + 1 where person_id = 'ann'",
        1,
    ),
    "features_sum_to_the_change": (
        "update changes.change_feature set time_change = time_change + 1,"
        " new_events_change = new_events_change - 1"
        " where person_id = 'dan' and feature = 'paid_bills'",
        1,
    ),
    "everyone_changes_once": (
        "insert into changes.change from changes.change where person_id = 'ann';"
        " delete from changes.change where person_id = 'eve'",
        2,
    ),
    "causes_move_what_they_can": (
        "update changes.change set rules_change = 5, time_change = time_change - 5"
        " where person_id = 'ann'",
        1,
    ),
}
BACK_DOORS_OF_CHANGES = [
    ("causes_sum_to_the_change", "update changes.change set score_change = null"),
    ("causes_sum_to_the_change", "update changes.change set rules_change = null"),
    ("causes_sum_to_the_change", "update changes.change set score_before = score_before - 1"),
    ("causes_sum_to_the_change", "delete from changes.change where person_id = 'bob'"),
    (
        "features_sum_to_the_change",
        "delete from changes.change_feature where person_id = 'dan'",
    ),
    ("features_sum_to_the_change", "update changes.change set time_friends = time_friends + 1"),
    (
        "features_sum_to_the_change",
        "update changes.change_feature set factor = 'social_connections'"
        " where factor = 'credit_history'",
    ),
    (
        "features_sum_to_the_change",
        "update changes.change_feature set person_id = 'eve' where person_id = 'dan'",
    ),
    ("everyone_changes_once", "update changes.change set status_after = 'N1'"),
    ("everyone_changes_once", "update changes.change set status_cause = 'time'"),
    ("everyone_changes_once", "update changes.person_state set score_after = null"),
    ("everyone_changes_once", "delete from changes.person_state where person_id = 'ann'"),
    (
        "causes_move_what_they_can",
        "update changes.change set as_of_date_before = as_of_date",
    ),
]
