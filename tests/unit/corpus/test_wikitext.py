"""Wikitext becomes prose, in time linear in its length."""

import time

import pytest

from auroram.corpus.readers.wikitext import plain_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("'''Lihava''' ja ''kursiivi''", "Lihava ja kursiivi"),
        ("[[Suomi]] ja [[Ruotsi|Ruotsissa]]", "Suomi ja Ruotsissa"),
        ("a {{malli|x={{toinen}}|}} b", "a b"),
        ("alku\n{| class=x\n! a\n|-\n| b || {{m}}\n|}\nloppu", "alku\n\nloppu"),
        ("väite<ref name=a>[[Lähde]]</ref> ja<ref name=a /> muu", "väite ja muu"),
        ("== Otsikko ==\nteksti", "Otsikko\n\nteksti"),
        ("* yksi\n** kaksi\n# kolme", "yksi\nkaksi\nkolme"),
        ("[https://a.fi sivu] ja [http://b.fi]", "sivu ja"),
        ("[[File:a.jpg|thumb|kuva [[linnasta]]]]teksti", "teksti"),
        ("[[:Luokka:Linnat]]", "Luokka:Linnat"),
        ("a<!-- [[piilo]] -->b<br/>c", "ab\nc"),
        ("2&nbsp;km &lt;x&gt;", "2\u00a0km <x>"),
        ("Nimi ({{kieli|en}}) on", "Nimi on"),
        ("__TOC__\nteksti", "teksti"),
        ("auki {{ jää ja [[linkki auki", "auki {{ jää ja linkki auki"),
        ("<math>x^2</math> on <code>koodi</code>", "on koodi"),
    ],
)
def test_markup_becomes_prose(source, text):
    assert plain_text(source) == text


@pytest.mark.parametrize(
    "token",
    ["[[", "]]", "{{", "}}", "{|\n", "|}", "<!--", "<ref>", "<ref", "</ref>", "'''", "=", "(",
     "[http://", "[[a|", "{{{", "<b ", "&amp", "__A", "\n*", "[[[[a]]", "{{a}}{{"],
)  # fmt: skip
def test_no_markup_takes_more_than_linear_time(token):
    started = time.thread_time()
    plain_text(token * (400_000 // len(token)))
    assert time.thread_time() - started < 3
