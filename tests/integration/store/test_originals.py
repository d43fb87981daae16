"""Photos as they came: sealed under the post's own key, read back in order, gone with the post."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from relay.store import originals, retention
from relay.store.vault import SealError, seal, unseal, unseal_originals
from tests.integration.store.conftest import NODE, START

FILES = (b"\xff\xd8 one \n", b"", b"[1]\n[2]", b"\x89PNG" * 500)


def stored(world, relayed, files=FILES):
    """A post with these originals; its row's number."""
    uid = secrets.token_hex(16)
    sealed = seal(world.keys, uid, b"five tusks", originals.pack(files))
    world.post(world.join(uid[:8], "central-africa"), ("central-africa", relayed), uid=uid, sealed=sealed)
    [(post_id,)] = world.rows("SELECT id FROM posts WHERE uid = :uid", uid=uid)
    return post_id


def load(world, post_id):
    with world.database.read() as connection:
        return originals.load(connection, world.keys, post_id)


@pytest.mark.parametrize("files", [FILES, (b"one",), (b"",), ()])
def test_what_was_kept_comes_back_in_order(world, relayed, files):
    assert load(world, stored(world, relayed, files)) == files
    assert load(world, 99) == ()


def test_they_go_with_the_post(world, relayed):
    post_id = stored(world, relayed)
    world.database.write(lambda c: retention.destroy_posts(c, NODE, START + timedelta(days=1), START))
    assert world.rows("SELECT wrapped_key, content, originals FROM posts") == [(None, None, None)]
    assert load(world, post_id) == ()


def test_they_are_bound_to_their_post_and_never_pass_for_its_content(world):
    sealed = seal(world.keys, "a", b"five tusks", b"a photo")
    assert unseal(world.keys, "a", sealed) == b"five tusks"
    assert unseal_originals(world.keys, "a", sealed) == b"a photo"
    assert unseal_originals(world.keys, "a", seal(world.keys, "a", b"five tusks")) == b""
    assert sealed.originals
    other = sealed.nonce[:-1] + bytes((sealed.nonce[-1] ^ 1,))
    swapped = replace(sealed, nonce=other, content=sealed.originals, originals=sealed.content)
    for uid, one in (("b", sealed), ("a", swapped)):
        with pytest.raises(SealError):
            unseal_originals(world.keys, uid, one)
    with pytest.raises(SealError):
        unseal(world.keys, "a", swapped)
    assert "photo" not in repr(sealed)
