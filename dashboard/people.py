"""Who is at the screen: the sign-in by OpenID Connect that a host may switch on, through Streamlit's `st.login`.

The host's `secrets.toml` has the service's `[auth]` section; without it nobody signs in and everything is as it was.
FAIRNESS_DASHBOARD_SIGN_IN says what a sign-in is needed for: `upload`, `all`, or nothing at all. Asked for without
an `[auth]` section it keeps everybody out rather than letting everybody in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from dashboard import state, upload_door
from dashboard.roles import fold_email, is_email
from dashboard.sign_in import auth_section, needed_for
from dashboard.words import plain

__all__ = [
    "admit",
    "draw_sign_in",
    "is_needed_for",
    "is_sign_in_on",
    "may_upload",
    "need_person",
    "offer_sign_in",
    "offer_upload",
    "person",
]

TRUST_VARIABLE = "FAIRNESS_DASHBOARD_TRUST_EMAIL"


# -- who is there --------------------------------------------------------------------------------


def is_sign_in_on() -> bool:
    """Whether people can sign in here: `secrets.toml` has an `[auth]` section."""
    return bool(auth_section())


def person() -> str:
    """Return the e-mail of whoever is signed in, A to Z in small letters; "" for nobody.

    Nobody is whoever has an e-mail that the service says is not verified. Where it says neither, nobody is either,
    unless FAIRNESS_DASHBOARD_TRUST_EMAIL is `1`: all the service's addresses are its own.
    """
    claims = _claims()
    email = claims.get("email")
    return fold_email(email) if isinstance(email, str) and is_email(email) and _is_verified(claims) else ""


def is_needed_for(what: Literal["upload", "all"]) -> bool:
    """Whether a sign-in is needed here for keeping files and publishing, or for all there is."""
    return needed_for() in (what, "all")


def may_upload() -> bool:
    """Whether whoever is at the screen may put files into the workspace and publish."""
    return not is_needed_for("upload") or bool(person())


def offer_upload(what: str) -> bool:
    """Return whether whoever is at the screen may send files; else ask for a sign-in, so as to `what`.

    To be asked before a place for files is drawn, also for those that are not kept.
    """
    return may_upload() or offer_sign_in(what)


def _claims() -> Mapping[str, Any]:
    """What the service said of whoever is signed in; empty for nobody."""
    if not is_sign_in_on():
        return {}
    claims = st.user.to_dict()
    return claims if claims.get("is_logged_in") is True else {}


def _is_verified(claims: Mapping[str, Any]) -> bool:
    said = claims.get("email_verified")
    if said is None:
        return os.environ.get(TRUST_VARIABLE) == "1"
    return said is True or said == "true"  # some services write a text


# -- on screen -----------------------------------------------------------------------------------


def draw_sign_in() -> None:
    """Draw at the side who is signed in, with the button to sign in or out; nothing where no sign-in is."""
    if not is_sign_in_on():
        return
    with st.sidebar:
        if _claims():
            _say_who()
            st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=st.logout)
        elif not is_needed_for("all"):  # the page itself asks, then
            _draw_button("sign_in_beside", primary=False)


def admit() -> None:
    """Let this session send files if it may. Where everything needs a sign-in, ask nobody for it, and draw no more."""
    upload_door.let_in(state.session(), may_upload())
    if not is_needed_for("all") or person():
        return
    st.title("Who is there?")
    offer_sign_in("see what is here")
    draw_sign_in()
    st.stop()


def offer_sign_in(what: str) -> bool:
    """Return whether somebody is signed in; else ask for it, so as to `what` ("upload files of your own")."""
    if person():
        return True
    if not is_sign_in_on():
        st.error(
            f"To {what} you would have to sign in, but no sign-in is set up here. Whoever runs this dashboard can "
            "mend that.",
            icon=":material/lock:",
        )
    elif _claims():
        st.warning(
            f"To {what} a verified e-mail address is needed, and your sign-in came without one. Have the address "
            "verified where you signed in, or sign out and take another account.",
            icon=":material/lock:",
        )
    else:
        st.info(f"Sign in to {what}.", icon=":material/lock:")
        _draw_button(f"sign_in_to_{what.replace(' ', '_')}", primary=True)  # a page may ask for two things
    return False


def need_person(what: str) -> str:
    """Return the e-mail of whoever is signed in; for nobody, ask for a sign-in so as to `what`, and stop the page."""
    if not offer_sign_in(what):
        st.stop()
    return person()


def _say_who() -> None:
    if person():
        st.caption(f"Signed in as {plain(person(), 80)}")
    else:
        st.caption("Signed in, but without a verified e-mail address: you are treated like anybody.")


def _draw_button(key: str, primary: bool) -> None:
    st.button(
        "Sign in",
        key=key,
        type="primary" if primary else "secondary",
        icon=":material/login:",
        on_click=st.login,
    )
