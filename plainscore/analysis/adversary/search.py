"""An adversary that looks for the cheapest points: always the act with most points for a deed.

Greedy, so what it finds is there to be bought, and there may be cheaper still: acts that only pay
together are not seen, and nobody else changes their life meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from plainscore.analysis.adversary.acts import Act
from plainscore.analysis.adversary.replay import Copy, Points, Replay


@dataclass(frozen=True)
class Find:
    """One act, on top of those before it: what it takes more, and the points it gains more.

    ``deeds`` are events to bring about, ``cents`` money that has to move. ``by_feature``: the
    points that it moves.
    """

    scorecard: str
    person_key: int
    step: int
    act: str
    deeds: int
    cents: int
    points_gained: int
    points_after: int
    by_feature: Mapping[str, int]


@dataclass
class _Play:
    """How far one attacker has come against one card."""

    scorecard: str
    person_key: int
    points: Points
    chosen: dict[str, Act] = field(default_factory=dict)
    finds: list[Find] = field(default_factory=list)

    def cost(self, act: Act) -> tuple[int, int]:
        """Return deeds and cents of an act beyond the smaller one of its family."""
        had = self.chosen.get(act.family)
        return (act.deeds - had.deeds, act.cents - had.cents) if had else (act.deeds, act.cents)

    def with_act(self, act: Act) -> tuple[Act, ...]:
        return tuple({**self.chosen, act.family: act}.values())


def search(
    replay: Replay, acts: Mapping[int, Sequence[Act]], cards: Sequence[str], most_deeds: int
) -> list[Find]:
    """Return what is found against each card for each person, step by step, cheapest first.

    ``acts``: person_key -> what they could do; ``most_deeds``: of all acts of a person together.
    """
    plays = _plays(replay, acts, cards)
    going = plays
    while going:
        tries = [
            (play, act)
            for play in going
            for act in acts[play.person_key]
            if _is_more(play, act) and _deeds(play) + play.cost(act)[0] <= most_deeds
        ]
        best = _best(tries, replay.points([Copy(p.person_key, p.with_act(a)) for p, a in tries]))
        for play, act, points in best:
            play.finds.append(_find(play, act, points, len(play.finds) + 1))
            play.chosen[act.family], play.points = act, points
        going = [play for play, _, _ in best]
    return [find for play in plays for find in play.finds]


def try_alone(
    replay: Replay, acts: Mapping[int, Sequence[Act]], cards: Sequence[str]
) -> list[Find]:
    """Return every act of every person alone, against each card; step 1 throughout."""
    plays = _plays(replay, acts, cards)
    tries = [(play, act) for play in plays for act in acts[play.person_key]]
    made = replay.points([Copy(p.person_key, p.with_act(a)) for p, a in tries])
    return [
        _find(play, act, points[play.scorecard], 1)
        for (play, act), points in zip(tries, made, strict=True)
        if play.scorecard in points
    ]


def _plays(replay: Replay, acts: Mapping[int, Sequence[Act]], cards: Sequence[str]) -> list[_Play]:
    untouched = replay.points([Copy(person_key) for person_key in acts])
    return [
        _Play(card, person_key, points[card])
        for card in cards
        for person_key, points in zip(acts, untouched, strict=True)
        if card in points
    ]


def _is_more(play: _Play, act: Act) -> bool:
    had = play.chosen.get(act.family)
    return had is None or act.deeds > had.deeds


def _deeds(play: _Play) -> int:
    return sum(act.deeds for act in play.chosen.values())


def _best(
    tries: Sequence[tuple[_Play, Act]], made: Sequence[Mapping[str, Points]]
) -> list[tuple[_Play, Act, Points]]:
    """Return, for each play, the act with most points for a deed, if any gains some."""
    found: dict[int, tuple[tuple[Fraction, int, str], _Play, Act, Points]] = {}
    for (play, act), points in zip(tries, made, strict=True):
        if play.scorecard not in points:
            continue
        gain = sum(points[play.scorecard].values()) - sum(play.points.values())
        rank = (Fraction(gain, max(play.cost(act)[0], 1)), gain, act.name)
        if gain > 0 and (id(play) not in found or rank > found[id(play)][0]):
            found[id(play)] = (rank, play, act, points[play.scorecard])
    return [(play, act, points) for _, play, act, points in found.values()]


def _find(play: _Play, act: Act, points: Points, step: int) -> Find:
    moved = {name: points[name] - play.points[name] for name in points}
    deeds, cents = play.cost(act)
    return Find(
        scorecard=play.scorecard,
        person_key=play.person_key,
        step=step,
        act=act.name,
        deeds=deeds,
        cents=cents,
        points_gained=sum(moved.values()),
        points_after=sum(points.values()),
        by_feature={name: points for name, points in moved.items() if points},
    )
