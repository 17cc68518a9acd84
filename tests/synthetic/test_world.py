"""The rows, labels and people of a modest world are those of method.md."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from plainscore.synthetic.chance import Dice
from plainscore.synthetic.delivery import CORRUPT, FAULTS, LOGS, choose_faults
from plainscore.synthetic.people import populate
from plainscore.synthetic.rows import rows_of
from tests.synthetic.conftest import LOG_NAMES, MadeWorld


@pytest.mark.parametrize("name", LOG_NAMES)
def test_no_sound_row_lacks_what_its_event_type_needs(modest_world: MadeWorld, name: str) -> None:
    needed = {
        "profile": {"verified": ["field"], "changed": ["field"]},
        "purchase": {
            "purchase": ["order_id", "merchant_id", "category", "amount"],
            "refund": ["amount"],
            "chargeback": ["order_id", "amount"],
        },
        "payment": {
            "bill": ["bill_id", "bill_type", "amount", "due_date"],
            "payment": ["bill_id", "amount"],
            "reversal": ["bill_id", "amount"],
            "transfer": ["counterparty_id", "amount"],
            "deposit": ["amount"],
        },
        "service": {"started": ["agreement_id", "service_type", "due_date"]},
        "friendship": {kind: ["friend_id"] for kind in ("added", "removed", "contact")},
    }[name]
    whole = modest_world.log(name).group_by("event_id", maintain_order=True).last()
    for event_type, columns in needed.items():
        rows = whole.filter(pl.col("event_type") == event_type)
        assert len(rows) > 0
        for column in columns:
            # One row in a thousand is corrupt, and few of those lack this very column.
            assert rows[column].null_count() <= len(rows) * 0.001 + 1


def test_a_refund_names_its_order_or_the_merchant(modest_world: MadeWorld) -> None:
    refunds = modest_world.sound("purchase").filter(event_type="refund")
    has_order, has_merchant = (refunds[n].is_not_null() for n in ("order_id", "merchant_id"))
    # Of one row in a thousand, the mangled copy comes first.
    assert (has_order != has_merchant).mean() > 0.998
    assert 0.1 < has_merchant.mean() < 0.2


@pytest.mark.parametrize("name", ["purchase", "payment"])
def test_sound_amounts_have_two_decimals_at_most(modest_world: MadeWorld, name: str) -> None:
    amounts = modest_world.sound(name)["amount"].drop_nulls()
    written = amounts.cast(pl.String).str.split(".").list.last()
    assert written.str.len_chars().max() == 2
    assert amounts.min() >= 0


@pytest.mark.parametrize("name", LOG_NAMES)
def test_what_arrives_is_the_past(modest_world: MadeWorld, name: str) -> None:
    rows = (
        modest_world.log(name)
        .group_by("event_id")
        .agg(pl.col("event_time").min(), pl.col("arrived").max())
    )
    early = rows.filter(pl.col("event_time").dt.date() > pl.col("arrived"))
    ahead = modest_world.truth("delivery").filter(
        (pl.col("log") == name) & (pl.col("what") == "corrupt: event_time_after_arrival")
    )
    assert len(early) <= int(ahead["rows"].sum())


def test_each_follow_up_has_its_first_half(modest_world: MadeWorld) -> None:
    purchases = modest_world.sound("purchase")
    orders = purchases.filter(event_type="purchase").select("person_id", "order_id", total="amount")
    back = (
        purchases.filter(event_type="refund")
        .group_by("person_id", "order_id")
        .agg(pl.col("amount").sum())
    )
    is_named = back["order_id"].is_not_null()
    known = back.filter(is_named).join(orders, on=["person_id", "order_id"], how="left")
    assert known["total"].null_count() < len(known) * 0.05
    assert known.filter(pl.col("amount") > pl.col("total") + 0.001).height == 0


def test_bills_are_issued_before_they_are_due_and_by_type_as_told(modest_world: MadeWorld) -> None:
    bills = modest_world.sound("payment").filter(pl.col("event_type") == "bill")
    bills = bills.filter(pl.col("due_date") < pl.col("arrived") + timedelta(days=365))
    assert set(bills["bill_type"]) >= {"card", "loan", "instalment", "utility", "telecom", "rent"}
    assert bills.filter(pl.col("due_date") < pl.col("event_time").dt.date()).height == 0
    cards = bills.filter(pl.col("bill_type") == "card")
    assert 0.9 < cards["credit_limit"].is_not_null().mean() < 1
    assert bills.filter(pl.col("bill_type") != "card")["credit_limit"].null_count() > 0


def test_every_way_to_disorder_is_counted_by_log(modest_world: MadeWorld) -> None:
    counted = modest_world.truth("delivery")
    for name in ("purchase", "payment", "friendship"):
        kinds = set(counted.filter(pl.col("log") == name)["what"])
        assert {"late", "duplicate", "conflict", "corrupt: no_event_id"} <= kinds


def test_every_fault_fits_some_event_type() -> None:
    planted: set[str] = set()
    for log in LOGS:
        event = np.arange(20_000)
        kind = event % len(log.event_types)
        clean = rows_of(event, 0, 0, 0, event).replaced(kind=kind, arrival=20_000)
        marks = choose_faults(Dice(1), log, clean)["mark"]
        planted |= {FAULTS[number].name for number in (marks - CORRUPT).tolist()}
    assert planted == {fault.name for fault in FAULTS}


def test_fakes_leave_no_record_but_ties(modest_world: MadeWorld) -> None:
    fakes = modest_world.truth("person").filter("is_fake")["person_id"].implode()
    assert len(fakes[0]) == 45
    for name in ("purchase", "payment", "service"):
        assert modest_world.log(name).filter(pl.col("person_id").is_in(fakes)).height == 0
    assert modest_world.log("friendship").filter(pl.col("person_id").is_in(fakes)).height > 0


def test_every_kind_of_attack_is_planted_and_labelled(modest_world: MadeWorld) -> None:
    attacks = modest_world.truth("attack")
    assert set(attacks["kind"]) == {
        "ring",
        "score_group",
        "hub_and_spoke",
        "bought_friends",
        "fake_farm",
    }
    assert attacks["person_id"].is_unique().all()
    ties = modest_world.truth("attack_tie").join(
        attacks.select("attack", "kind").unique(), on="attack"
    )
    per_kind = dict(ties.group_by("kind").len().iter_rows())
    assert per_kind["ring"] == 45
    assert per_kind["hub_and_spoke"] == 25
    assert per_kind["bought_friends"] == 30
    traits = attacks.join(modest_world.truth("person"), on="person_id")
    assert traits.filter(pl.col("kind") == "ring")["reliability"].max() < -600
    assert traits.filter(pl.col("role") == "seller")["reliability"].min() > 700


def test_most_people_of_record_can_be_scored(modest_world: MadeWorld) -> None:
    last = modest_world.settings.last
    ordinary = modest_world.truth("person").filter(~pl.col("is_thin"), ~pl.col("is_fake"))
    assert (ordinary["opened"] <= last - timedelta(days=180)).mean() > 0.9
    payments = modest_world.sound("payment").filter(
        pl.col("event_type") == "payment", pl.col("event_time") > last - timedelta(days=365)
    )
    paid = payments.group_by("person_id").agg(pl.col("bill_id").n_unique())
    known = ordinary.join(paid, on="person_id", how="left").fill_null(0)
    assert (known["bill_id"] >= 3).mean() > 0.9
    verified = modest_world.sound("profile").filter(pl.col("field") == "national_id")
    assert ordinary["person_id"].is_in(verified["person_id"].implode()).mean() > 0.9


def test_life_events_make_people_pay_later(modest_world: MadeWorld) -> None:
    losses = modest_world.truth("life_event").filter(pl.col("kind") == "job_loss")
    bills = modest_world.sound("payment").filter(pl.col("event_type") == "bill")
    troubled = modest_world.truth("troubled_bill").select("bill_id", is_bad=pl.lit(True))
    near = bills.join(losses.select("person_id", "day"), on="person_id").filter(
        (pl.col("event_time").dt.date() - pl.col("day")).is_between(
            timedelta(days=0), timedelta(days=60)
        )
    )
    all_bills = bills.join(troubled, on="bill_id", how="left").fill_null(False)
    near_bills = near.join(troubled, on="bill_id", how="left").fill_null(False)
    assert near_bills["is_bad"].mean() > 2 * all_bills["is_bad"].mean()


def test_region_tells_nothing_of_reliability_unless_switched_on() -> None:
    gaps = {}
    for is_causal in (False, True):
        people = populate(Dice(5), 20_000, 20_000, is_region_causal=is_causal)
        poorer = people.region >= 4
        better = (people.region >= 0) & ~poorer
        gaps[is_causal] = people.reliability[better].mean() - people.reliability[poorer].mean()
    assert abs(gaps[False]) < 60
    assert 800 < gaps[True] < 1_000


def test_gender_and_birth_year_tell_nothing_of_any_trait() -> None:
    people = populate(Dice(1), 20_000, 20_000)
    for trait in (people.reliability, people.capacity, people.activity, people.sociability):
        for attribute in (people.gender, people.birth_year, people.region):
            stated = attribute >= 0
            assert abs(np.corrcoef(trait[stated], attribute[stated])[0, 1]) < 0.03


def test_rows_are_counted_as_delivered(modest_world: MadeWorld) -> None:
    names = [f"corrupt: {fault.name}" for fault in FAULTS if fault.text is not None]
    delivered = modest_world.truth("delivery").filter(pl.col("what").is_in(names))
    for log, counted in modest_world.made.rows.items():
        in_text = delivered.filter(pl.col("log") == log)["rows"].sum()
        assert len(modest_world.log(log)) + in_text == counted
