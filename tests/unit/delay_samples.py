"""Invented contexts of the page of delays, for ``look_samples``."""

AGENT = {"name": "Hélène Vautrin", "role": "coordinatrice MLDS", "links": []}
DELAY = {
    "label": "De l’envoi à la première rencontre",
    "meaning": "du lien parti à la première rencontre",
    "cases": 12,
    "median": "38 jours",
    "worst": "90 jours",
    "median_width": "42.2",
    "worst_width": "100.0",
    "line_at": "46.7",
}
DELAYS: list[dict[str, object]] = [
    {"agent": AGENT, "nav": "delais", "observed_days": 42, "fewest": 5, "period": "en mars 2026", **one}
    for one in (
        {
            "group": "tous les parcours",
            "nothing": False,
            "enough": True,
            "notice": {"title": "Un seul filtre à la fois", "text": "Nous avons gardé le premier."},
            "pieces": [DELAY, DELAY | {"cases": None}],
            "whole": {"kind": "fait", "title": "En 38 jours ou moins", "text": "C’est 4 jours de moins."},
            "filters": [
                {"name": "acheteur", "label": "Acheteur", "value": "<b>", "options": None},
                {
                    "name": "heures",
                    "label": "Durée",
                    "value": "",
                    "options": [{"value": "300", "label": "300"}],
                },
            ],
            "filtered": True,
            "values": {"du": "2026-01", "au": "2026-11"},
            "error": None,
        },
        {
            "group": "académie de Dijon",
            "nothing": False,
            "enough": False,
            "notice": None,
            "pieces": [],
            "whole": None,
            "filters": [],
            "filtered": False,
            "values": {"du": "<hier>", "au": ""},
            "error": {"field": "du", "message": "Donnez un mois."},
        },
        {
            "group": None,
            "nothing": True,
            "enough": False,
            "notice": None,
            "pieces": [],
            "whole": None,
            "filters": [],
            "filtered": False,
            "values": {"du": "", "au": ""},
            "error": None,
        },
    )
]
SAMPLES = {"delais": DELAYS}
