"""Random secrets and the questions that ask for them, in five languages."""

import random

QUESTIONS = {
    "en": "What is the access code of customer {}?",
    "fi": "Mikä on asiakkaan {} pääsykoodi?",
    "hi": "ग्राहक {} का प्रवेश कोड क्या है?",
    "ja": "顧客{}のアクセスコードは何ですか。",
    "vi": "Mã truy cập của khách hàng {} là gì?",
}

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter that is taken for a digit: 31 of them."""

LENGTH = 6
"""Letters of a secret: 31 to the 6th, some 887 million of them."""


def secret(generator: random.Random) -> str:
    """A secret, each as likely as any other."""
    return "".join(generator.choices(LETTERS, k=LENGTH))


def question(language: str, number: int) -> str:
    """The question for the secret of one customer; English where the language has none."""
    return QUESTIONS.get(language, QUESTIONS["en"]).format(number)
