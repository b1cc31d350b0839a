"""Where an offer lies: département → académie → région académique; and the closed lists of the team's table.

Source: code de l’éducation R.222-2 (30 académies in 18 régions académiques); the domaines are those of the team's table.
"""

from chalicelib.domain.kernel.texts import plainly

_ACADEMIES: dict[str, tuple[str, str]] = {
    "Aix-Marseille": ("Provence-Alpes-Côte d’Azur", "04 05 13 84"),
    "Amiens": ("Hauts-de-France", "02 60 80"),
    "Besançon": ("Bourgogne-Franche-Comté", "25 39 70 90"),
    "Bordeaux": ("Nouvelle-Aquitaine", "24 33 40 47 64"),
    "Clermont-Ferrand": ("Auvergne-Rhône-Alpes", "03 15 43 63"),
    "Corse": ("Corse", "2A 2B"),
    "Créteil": ("Île-de-France", "77 93 94"),
    "Dijon": ("Bourgogne-Franche-Comté", "21 58 71 89"),
    "Grenoble": ("Auvergne-Rhône-Alpes", "07 26 38 73 74"),
    "Guadeloupe": ("Guadeloupe", "971"),
    "Guyane": ("Guyane", "973"),
    "La Réunion": ("La Réunion", "974"),
    "Lille": ("Hauts-de-France", "59 62"),
    "Limoges": ("Nouvelle-Aquitaine", "19 23 87"),
    "Lyon": ("Auvergne-Rhône-Alpes", "01 42 69"),
    "Martinique": ("Martinique", "972"),
    "Mayotte": ("Mayotte", "976"),
    "Montpellier": ("Occitanie", "11 30 34 48 66"),
    "Nancy-Metz": ("Grand Est", "54 55 57 88"),
    "Nantes": ("Pays de la Loire", "44 49 53 72 85"),
    "Nice": ("Provence-Alpes-Côte d’Azur", "06 83"),
    "Normandie": ("Normandie", "14 27 50 61 76"),
    "Orléans-Tours": ("Centre-Val de Loire", "18 28 36 37 41 45"),
    "Paris": ("Île-de-France", "75"),
    "Poitiers": ("Nouvelle-Aquitaine", "16 17 79 86"),
    "Reims": ("Grand Est", "08 10 51 52"),
    "Rennes": ("Bretagne", "22 29 35 56"),
    "Strasbourg": ("Grand Est", "67 68"),
    "Toulouse": ("Occitanie", "09 12 31 32 46 65 81 82"),
    "Versailles": ("Île-de-France", "78 91 92 95"),
}

ACADEMIES: tuple[str, ...] = tuple(_ACADEMIES)
"""The 30 académies, in alphabetical order."""

REGIONS: tuple[str, ...] = tuple(sorted({region for region, _ in _ACADEMIES.values()}, key=plainly))
"""The 18 régions académiques, in alphabetical order."""

_ACADEMIE_OF: dict[str, str] = {
    code: academie for academie, (_, codes) in _ACADEMIES.items() for code in codes.split()
}

DEPARTEMENTS: dict[str, str] = {
    "01": "Ain",
    "02": "Aisne",
    "03": "Allier",
    "04": "Alpes-de-Haute-Provence",
    "05": "Hautes-Alpes",
    "06": "Alpes-Maritimes",
    "07": "Ardèche",
    "08": "Ardennes",
    "09": "Ariège",
    "10": "Aube",
    "11": "Aude",
    "12": "Aveyron",
    "13": "Bouches-du-Rhône",
    "14": "Calvados",
    "15": "Cantal",
    "16": "Charente",
    "17": "Charente-Maritime",
    "18": "Cher",
    "19": "Corrèze",
    "2A": "Corse-du-Sud",
    "2B": "Haute-Corse",
    "21": "Côte-d’Or",
    "22": "Côtes-d’Armor",
    "23": "Creuse",
    "24": "Dordogne",
    "25": "Doubs",
    "26": "Drôme",
    "27": "Eure",
    "28": "Eure-et-Loir",
    "29": "Finistère",
    "30": "Gard",
    "31": "Haute-Garonne",
    "32": "Gers",
    "33": "Gironde",
    "34": "Hérault",
    "35": "Ille-et-Vilaine",
    "36": "Indre",
    "37": "Indre-et-Loire",
    "38": "Isère",
    "39": "Jura",
    "40": "Landes",
    "41": "Loir-et-Cher",
    "42": "Loire",
    "43": "Haute-Loire",
    "44": "Loire-Atlantique",
    "45": "Loiret",
    "46": "Lot",
    "47": "Lot-et-Garonne",
    "48": "Lozère",
    "49": "Maine-et-Loire",
    "50": "Manche",
    "51": "Marne",
    "52": "Haute-Marne",
    "53": "Mayenne",
    "54": "Meurthe-et-Moselle",
    "55": "Meuse",
    "56": "Morbihan",
    "57": "Moselle",
    "58": "Nièvre",
    "59": "Nord",
    "60": "Oise",
    "61": "Orne",
    "62": "Pas-de-Calais",
    "63": "Puy-de-Dôme",
    "64": "Pyrénées-Atlantiques",
    "65": "Hautes-Pyrénées",
    "66": "Pyrénées-Orientales",
    "67": "Bas-Rhin",
    "68": "Haut-Rhin",
    "69": "Rhône",
    "70": "Haute-Saône",
    "71": "Saône-et-Loire",
    "72": "Sarthe",
    "73": "Savoie",
    "74": "Haute-Savoie",
    "75": "Paris",
    "76": "Seine-Maritime",
    "77": "Seine-et-Marne",
    "78": "Yvelines",
    "79": "Deux-Sèvres",
    "80": "Somme",
    "81": "Tarn",
    "82": "Tarn-et-Garonne",
    "83": "Var",
    "84": "Vaucluse",
    "85": "Vendée",
    "86": "Vienne",
    "87": "Haute-Vienne",
    "88": "Vosges",
    "89": "Yonne",
    "90": "Territoire de Belfort",
    "91": "Essonne",
    "92": "Hauts-de-Seine",
    "93": "Seine-Saint-Denis",
    "94": "Val-de-Marne",
    "95": "Val-d’Oise",
    "971": "Guadeloupe",
    "972": "Martinique",
    "973": "Guyane",
    "974": "La Réunion",
    "976": "Mayotte",
}
"""The 101 départements: code → name."""

DOMAINES: tuple[str, ...] = (
    "Accueil",
    "Administration",
    "Commerce/vente",
    "Communication",
    "Comptabilité",
    "Electricité",
    "Esthétique",
    "Hôtellerie",
    "Informatique",
    "Logistique",
    "Restauration/cuisine",
    "Sécurité",
    "Service à la personne",
    "Transport",
    "Autre",
)
"""The closed list of *domaines*, « Autre » last."""

HOURS: tuple[int, ...] = (150, 300, 450, 900)
"""The lengths of the model contracts; others are taken and flagged « hors modèle »."""

_ALIASES = {"caen": "Normandie", "rouen": "Normandie", "reunion": "La Réunion", "ajaccio": "Corse"}
"""Former names, and shorter ones."""
_NAMED = {plainly(name): name for name in ACADEMIES} | _ALIASES


def academie_of(departement: str) -> str:
    """The académie of a département's code.

    Raises:
        KeyError: no such département.
    """
    return _ACADEMIE_OF[departement]


def region_of(academie: str) -> str:
    """The région académique of an académie.

    Raises:
        KeyError: no such académie.
    """
    return _ACADEMIES[academie][0]


def academie_named(text: str) -> str | None:
    """The académie that a text names, whatever its case and accents, former names included; None: none."""
    words = plainly(text).removeprefix("academie ")
    for article in ("de la ", "de l ", "de ", "d ", "du "):
        words = words.removeprefix(article)
    return _NAMED.get(words) or _NAMED.get(f"la {words}")


def departement_named(text: str) -> str | None:
    """The code of the département that a text gives by code (« 1 », « 01 », « 2a ») or by name; None: none."""
    typed = text.strip().upper()
    code = typed.zfill(2) if typed.isascii() else typed
    if code in DEPARTEMENTS:
        return code
    return next((one for one, name in DEPARTEMENTS.items() if plainly(name) == plainly(text)), None)
