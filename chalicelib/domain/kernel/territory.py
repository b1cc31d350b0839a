"""Where an offer lies: département → académie → région académique; and the closed lists of the team's table.

Source: code de l’éducation R.222-2 (30 académies in 18 régions académiques); the domaines are those of the team's table.
"""

from chalicelib.domain.kernel.texts import fold_text

_ACADEMIES: dict[str, tuple[str, dict[str, str]]] = {
    "Aix-Marseille": ("Provence-Alpes-Côte d’Azur", {
        "04": "Alpes-de-Haute-Provence", "05": "Hautes-Alpes", "13": "Bouches-du-Rhône", "84": "Vaucluse",
    }),
    "Amiens": ("Hauts-de-France", {"02": "Aisne", "60": "Oise", "80": "Somme"}),
    "Besançon": ("Bourgogne-Franche-Comté", {
        "25": "Doubs", "39": "Jura", "70": "Haute-Saône", "90": "Territoire de Belfort",
    }),
    "Bordeaux": ("Nouvelle-Aquitaine", {
        "24": "Dordogne", "33": "Gironde", "40": "Landes", "47": "Lot-et-Garonne",
        "64": "Pyrénées-Atlantiques",
    }),
    "Clermont-Ferrand": ("Auvergne-Rhône-Alpes", {
        "03": "Allier", "15": "Cantal", "43": "Haute-Loire", "63": "Puy-de-Dôme",
    }),
    "Corse": ("Corse", {"2A": "Corse-du-Sud", "2B": "Haute-Corse"}),
    "Créteil": ("Île-de-France", {"77": "Seine-et-Marne", "93": "Seine-Saint-Denis", "94": "Val-de-Marne"}),
    "Dijon": ("Bourgogne-Franche-Comté", {"21": "Côte-d’Or", "58": "Nièvre", "71": "Saône-et-Loire", "89": "Yonne"}),
    "Grenoble": ("Auvergne-Rhône-Alpes", {
        "07": "Ardèche", "26": "Drôme", "38": "Isère", "73": "Savoie", "74": "Haute-Savoie",
    }),
    "Guadeloupe": ("Guadeloupe", {"971": "Guadeloupe"}),
    "Guyane": ("Guyane", {"973": "Guyane"}),
    "La Réunion": ("La Réunion", {"974": "La Réunion"}),
    "Lille": ("Hauts-de-France", {"59": "Nord", "62": "Pas-de-Calais"}),
    "Limoges": ("Nouvelle-Aquitaine", {"19": "Corrèze", "23": "Creuse", "87": "Haute-Vienne"}),
    "Lyon": ("Auvergne-Rhône-Alpes", {"01": "Ain", "42": "Loire", "69": "Rhône"}),
    "Martinique": ("Martinique", {"972": "Martinique"}),
    "Mayotte": ("Mayotte", {"976": "Mayotte"}),
    "Montpellier": ("Occitanie", {
        "11": "Aude", "30": "Gard", "34": "Hérault", "48": "Lozère", "66": "Pyrénées-Orientales",
    }),
    "Nancy-Metz": ("Grand Est", {"54": "Meurthe-et-Moselle", "55": "Meuse", "57": "Moselle", "88": "Vosges"}),
    "Nantes": ("Pays de la Loire", {
        "44": "Loire-Atlantique", "49": "Maine-et-Loire", "53": "Mayenne", "72": "Sarthe", "85": "Vendée",
    }),
    "Nice": ("Provence-Alpes-Côte d’Azur", {"06": "Alpes-Maritimes", "83": "Var"}),
    "Normandie": ("Normandie", {
        "14": "Calvados", "27": "Eure", "50": "Manche", "61": "Orne", "76": "Seine-Maritime",
    }),
    "Orléans-Tours": ("Centre-Val de Loire", {
        "18": "Cher", "28": "Eure-et-Loir", "36": "Indre", "37": "Indre-et-Loire", "41": "Loir-et-Cher",
        "45": "Loiret",
    }),
    "Paris": ("Île-de-France", {"75": "Paris"}),
    "Poitiers": ("Nouvelle-Aquitaine", {
        "16": "Charente", "17": "Charente-Maritime", "79": "Deux-Sèvres", "86": "Vienne",
    }),
    "Reims": ("Grand Est", {"08": "Ardennes", "10": "Aube", "51": "Marne", "52": "Haute-Marne"}),
    "Rennes": ("Bretagne", {"22": "Côtes-d’Armor", "29": "Finistère", "35": "Ille-et-Vilaine", "56": "Morbihan"}),
    "Strasbourg": ("Grand Est", {"67": "Bas-Rhin", "68": "Haut-Rhin"}),
    "Toulouse": ("Occitanie", {
        "09": "Ariège", "12": "Aveyron", "31": "Haute-Garonne", "32": "Gers", "46": "Lot",
        "65": "Hautes-Pyrénées", "81": "Tarn", "82": "Tarn-et-Garonne",
    }),
    "Versailles": ("Île-de-France", {"78": "Yvelines", "91": "Essonne", "92": "Hauts-de-Seine", "95": "Val-d’Oise"}),
}  # fmt: skip
"""Académie → its région académique, and its départements by code."""

ACADEMIES: tuple[str, ...] = tuple(_ACADEMIES)
"""The 30 académies, in alphabetical order."""

_ACADEMIE_OF = {code: academie for academie, (_, names) in _ACADEMIES.items() for code in names}
_NAMES = {code: name for _, names in _ACADEMIES.values() for code, name in names.items()}

DEPARTEMENTS = {
    code: _NAMES[code]
    for code in sorted(_NAMES, key=lambda name: name.replace("2A", "20A").replace("2B", "20B"))
}
"""The 101 départements: code → name, Corse where « 20 » was."""

DOMAINES: tuple[str, ...] = (
    "Accueil", "Administration", "Commerce/vente", "Communication", "Comptabilité", "Électricité", "Esthétique",
    "Hôtellerie", "Informatique", "Logistique", "Restauration/cuisine", "Sécurité", "Service à la personne",
    "Transport", "Autre",
)  # fmt: skip
"""The closed list of *domaines*, « Autre » last."""

HOURS: tuple[int, ...] = (150, 300, 450, 900)
"""The lengths of the model contracts; others are taken and flagged « hors modèle »."""

_ALIASES = {"caen": "Normandie", "rouen": "Normandie", "reunion": "La Réunion", "ajaccio": "Corse"}
"""Former names, and shorter ones."""
_NAMED = {fold_text(name): name for name in ACADEMIES} | _ALIASES
_DEPARTEMENT_NAMED = {fold_text(name): code for code, name in DEPARTEMENTS.items()}
_COMMON_NAMES = {
    "Accueil": "réception, standard, accueil du public",
    "Administration": "secrétariat, secrétaire, bureautique, administratif, gestion administrative, assistanat",
    "Commerce/vente": "commercial, magasin, boutique, grande distribution",
    "Communication": "com, marketing, événementiel, graphisme",
    "Comptabilité": "compta, comptable, finances, facturation",
    "Électricité": "électrique, électricien, électrotechnique",
    "Esthétique": "beauté, esthéticienne, coiffure",
    "Hôtellerie": "hôtel, hôtelier",
    "Informatique": "numérique, développement informatique, réseaux informatiques, maintenance informatique",
    "Logistique": "magasinage, magasinier, entrepôt, préparation de commandes, stocks",
    "Restauration/cuisine": "restaurant, cuisinier, restauration collective, service en salle",
    "Sécurité": "sûreté, gardiennage, surveillance",
    "Service à la personne": "services à la personne, aide à la personne, aide à domicile, petite enfance",
    "Transport": "transports, livraison, conduite",
    "Autre": "autres, divers",
}
"""What people write for each *domaine*."""
_DOMAINE_NAMED = {
    fold_text(name): domaine
    for domaine in DOMAINES
    for name in (domaine, *domaine.split("/"), *_COMMON_NAMES[domaine].split(", "))
}


def find_academie(departement: str) -> str:
    """Return the académie of a département's code."""
    return _ACADEMIE_OF[departement]


def find_region(academie: str) -> str:
    """Return the région académique of an académie."""
    return _ACADEMIES[academie][0]


def parse_academie(text: str) -> str | None:
    """Return the académie that a text names, whatever its case and accents, former names included; None: none."""
    words = fold_text(text).removeprefix("academie ")
    for article in ("de la ", "de l ", "de ", "d ", "du "):
        words = words.removeprefix(article)
    return _NAMED.get(words) or _NAMED.get(f"la {words}")


def parse_departement(text: str) -> str | None:
    """Return the code of the département that a text gives by code (« 1 », « 01 », « 2a ») or by name; None: none."""
    typed = text.strip().upper()
    code = typed.zfill(2) if typed.isascii() else typed
    if code in DEPARTEMENTS:
        return code
    return _DEPARTEMENT_NAMED.get(fold_text(text))


def parse_domaine(text: str) -> str | None:
    """Return the *domaine* that a text names, by a common name too, whatever its case and accents; None: none."""
    return _DOMAINE_NAMED.get(fold_text(text))
