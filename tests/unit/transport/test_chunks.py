"""How what was claimed is shared out over the connections that are free."""

import pytest

from relay.transport.courier import chunks
from relay.transport.smtp import Content, Parcel

CONTENT = Content(b"Subject: rosewood\r\n\r\n")


def parcels(number: int, *, own: bool = True, shared_from: str = "") -> tuple[Parcel, ...]:
    return tuple(
        Parcel(
            key=key,
            mail_from=f"list-bounces+{key if own else 'post'}@relay.example",
            recipient=f"m{key}@parks.example",
            content=CONTENT,
            shared_from=shared_from,
        )
        for key in range(number)
    )


def sizes(what: tuple[Parcel, ...], room: int, most: int, *, xverp: bool = False) -> list[int]:
    made = list(chunks(what, room, most, xverp=xverp))
    assert sum(made, ()) == what
    return [len(one) for one in made]


@pytest.mark.parametrize(
    ("number", "room", "most", "wanted"),
    [
        (0, 3, 20, []),
        (1, 3, 20, [1]),
        (5, 3, 20, [5]),
        (6, 3, 20, [3, 3]),
        (20, 10, 20, [5, 5, 5, 5]),
        (60, 3, 20, [20, 20, 20]),
        (7, 1, 20, [7]),
        (20, 10, 5, [5, 5, 5, 5]),
    ],
)
def test_copies_with_a_transaction_each_go_over_as_many_connections_as_have_enough_to_do(number, room, most, wanted):
    assert sizes(parcels(number), room, most) == wanted


def test_copies_that_share_a_transaction_go_over_one_connection_until_they_are_too_many_for_it():
    assert sizes(parcels(20, own=False), 10, 100) == [20]
    assert sizes(parcels(1000, own=False), 10, 100) == [100] * 10


def test_copies_that_could_share_a_transaction_are_one_thing_to_do_only_where_the_server_makes_paths():
    could = parcels(20, shared_from="list-bounces+post@relay.example")
    assert sizes(could, 10, 100) == [5] * 4
    assert sizes(could, 10, 100, xverp=True) == [20]
