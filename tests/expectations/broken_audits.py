"""What is done to the audits of the small house, and how many rows then break which assertion."""

PLANTED_IN_AUDITS: dict[str, tuple[str, int]] = {
    "everyone_is_in_a_group": (
        "delete from audits.group_points where group_name = 'north' and points_counted = 'own'",
        2,
    ),
    "gaps_split_exactly": (
        "update published.gap_split set points_total = points_total + 1"
        " where group_name = 'south' and feature = 'paid_bills' and scorecard_no = 1",
        2,
    ),
    "challengers_move_everyone_once": (
        "update published.band_move set people = people + 1 where attribute = 'everyone'",
        1,
    ),
    "attacks_stay_within_the_bound": (
        "update audits.attempt set numerator = numerator + 200000 * denominator"
        " where person_key = 0 and attack_no = 5 and scorecard = 'standard';"
        " update audits.attempt_points set friend_points = 16"
        " where person_key = 3 and attack_no = 8 and scorecard = 'standard'",
        2,
    ),
    "rings_are_held_by_ties": (
        "insert into published.ring_member values ('ann', '2026-01-31', '2026-01-31', 1, 3, 0);"
        " insert into audits.burst_tie values (0, 1, 100, 3, 2);"
        " insert into statistics.ring_member values (1, 0)",
        2,
    ),
    "audited_dates": (
        "update published.inequality set known_on = known_on + 1 where scorecard_no = 1",
        1,
    ),
}
