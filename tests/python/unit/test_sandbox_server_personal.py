"""The sandbox's memory of what it told about people: complete by the names of fields, silent until asked."""

from __future__ import annotations

from sandbox.server.personal import Personal


def read(body: bytes) -> dict[str, list[str]]:
    personal = Personal()
    personal.read(body)
    return personal.values()


def test_takes_what_is_personal_and_nothing_else() -> None:
    assert read(
        b'{"code": 0, "message": "Success", "data": {"orders": [{"id": "1", "buyer_email": "a@b.c", "buyer_message": "",'
        b' "recipient_address": {"name": "Ann Lee", "phone_number": "(+66)1", "district_info": [{"name": "Bangkok"}]},'
        b' "line_items": [{"name": "Cup"}]}]}}'
    ) == {"e-mail": ["a@b.c"], "name": ["Ann Lee"], "phone": ["(+66)1"]}


def test_a_message_of_a_person_is_not_the_one_of_the_envelope() -> None:
    assert read(b'{"code": 0, "message": "Success", "data": {"message": "call me"}}') == {
        "message": ["call me"]
    }


def test_tokens_are_secrets_and_broken_answers_are_counted() -> None:
    personal = Personal()
    personal.read(b'{"data": {"access_token": "t1", "refresh_token": "t2"}}')
    personal.read(b'{"data": {"access_tok')
    assert personal.values() == {"secret": ["t1", "t2"]}
    assert personal.unread == 1
