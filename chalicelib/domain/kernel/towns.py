"""Which département a text names, by its chief town too, and which are nearest to it."""

import math

from chalicelib.domain.kernel import territory
from chalicelib.domain.kernel.texts import fold_text

CHIEF_TOWNS = {
    "01": ("Bourg-en-Bresse", 46.21, 5.23), "02": ("Laon", 49.56, 3.62), "03": ("Moulins", 46.57, 3.33),
    "04": ("Digne-les-Bains", 44.09, 6.24), "05": ("Gap", 44.56, 6.08), "06": ("Nice", 43.7, 7.27),
    "07": ("Privas", 44.74, 4.6), "08": ("Charleville-Mézières", 49.77, 4.72), "09": ("Foix", 42.96, 1.61),
    "10": ("Troyes", 48.3, 4.07), "11": ("Carcassonne", 43.21, 2.35), "12": ("Rodez", 44.35, 2.58),
    "13": ("Marseille", 43.3, 5.37), "14": ("Caen", 49.18, -0.37), "15": ("Aurillac", 44.93, 2.44),
    "16": ("Angoulême", 45.65, 0.16), "17": ("La Rochelle", 46.16, -1.15), "18": ("Bourges", 47.08, 2.4),
    "19": ("Tulle", 45.27, 1.77), "2A": ("Ajaccio", 41.92, 8.74), "2B": ("Bastia", 42.7, 9.45),
    "21": ("Dijon", 47.32, 5.04), "22": ("Saint-Brieuc", 48.51, -2.76), "23": ("Guéret", 46.17, 1.87),
    "24": ("Périgueux", 45.18, 0.72), "25": ("Besançon", 47.24, 6.02), "26": ("Valence", 44.93, 4.89),
    "27": ("Évreux", 49.03, 1.15), "28": ("Chartres", 48.44, 1.49), "29": ("Quimper", 48, -4.1),
    "30": ("Nîmes", 43.84, 4.36), "31": ("Toulouse", 43.6, 1.44), "32": ("Auch", 43.65, 0.58),
    "33": ("Bordeaux", 44.84, -0.58), "34": ("Montpellier", 43.6, 3.9), "35": ("Rennes", 48.09, -1.67),
    "36": ("Châteauroux", 46.81, 1.69), "37": ("Tours", 47.39, 0.69), "38": ("Grenoble", 45.19, 5.74),
    "39": ("Lons-le-Saunier", 46.67, 5.56), "40": ("Mont-de-Marsan", 43.89, -0.5), "41": ("Blois", 47.59, 1.34),
    "42": ("Saint-Étienne", 45.44, 4.39), "43": ("Le Puy-en-Velay", 45.04, 3.88), "44": ("Nantes", 47.22, -1.55),
    "45": ("Orléans", 47.9, 1.91), "46": ("Cahors", 44.45, 1.44), "47": ("Agen", 44.2, 0.62),
    "48": ("Mende", 44.52, 3.5), "49": ("Angers", 47.47, -0.55), "50": ("Saint-Lô", 49.12, -1.09),
    "51": ("Châlons-en-Champagne", 48.96, 4.36), "52": ("Chaumont", 48.11, 5.14), "53": ("Laval", 48.08, -0.77),
    "54": ("Nancy", 48.69, 6.18), "55": ("Bar-le-Duc", 48.77, 5.16), "56": ("Vannes", 47.66, -2.76),
    "57": ("Metz", 49.12, 6.18), "58": ("Nevers", 46.99, 3.16), "59": ("Lille", 50.63, 3.07),
    "60": ("Beauvais", 49.43, 2.08), "61": ("Alençon", 48.43, 0.08), "62": ("Arras", 50.29, 2.78),
    "63": ("Clermont-Ferrand", 45.78, 3.09), "64": ("Pau", 43.29, -0.37), "65": ("Tarbes", 43.23, 0.08),
    "66": ("Perpignan", 42.7, 2.89), "67": ("Strasbourg", 48.57, 7.75), "68": ("Colmar", 48.08, 7.36),
    "69": ("Lyon", 45.77, 4.84), "70": ("Vesoul", 47.62, 6.15), "71": ("Mâcon", 46.3, 4.83),
    "72": ("Le Mans", 48.01, 0.2), "73": ("Chambéry", 45.57, 5.92), "74": ("Annecy", 45.91, 6.12),
    "75": ("Paris", 48.86, 2.35), "76": ("Rouen", 49.44, 1.1), "77": ("Melun", 48.54, 2.66),
    "78": ("Versailles", 48.8, 2.13), "79": ("Niort", 46.32, -0.46), "80": ("Amiens", 49.89, 2.3),
    "81": ("Albi", 43.93, 2.15), "82": ("Montauban", 44.02, 1.35), "83": ("Toulon", 43.12, 5.93),
    "84": ("Avignon", 43.95, 4.81), "85": ("La Roche-sur-Yon", 46.67, -1.43), "86": ("Poitiers", 46.58, 0.34),
    "87": ("Limoges", 45.83, 1.26), "88": ("Épinal", 48.18, 6.45), "89": ("Auxerre", 47.8, 3.57),
    "90": ("Belfort", 47.64, 6.86), "91": ("Évry-Courcouronnes", 48.62, 2.43), "92": ("Nanterre", 48.89, 2.21),
    "93": ("Bobigny", 48.91, 2.45), "94": ("Créteil", 48.78, 2.45), "95": ("Cergy", 49.05, 2.04),
    "971": ("Basse-Terre", 16, -61.73), "972": ("Fort-de-France", 14.61, -61.07), "973": ("Cayenne", 4.94, -52.34),
    "974": ("Saint-Denis", -20.88, 55.45), "976": ("Mamoudzou", -12.78, 45.23),
}  # fmt: skip
"""Code of a département → its chief town, with the latitude and longitude of that in degrees."""
_NAMED = {fold_text(name): code for code, (name, _, _) in CHIEF_TOWNS.items()}


def find_departement(text: str) -> str | None:
    """Return the code of the département that a text names by code, postal code, name or chief town; None: none."""
    typed = text.strip()
    if len(typed) == 5 and typed.isascii() and typed.isdigit():
        typed = typed[:3] if typed.startswith("97") else typed[:2]
    return territory.parse_departement(typed) or _NAMED.get(fold_text(typed))


def list_nearest(departement: str) -> list[str]:
    """Return the codes of all départements, this one first, then by how far their chief towns are from its own."""
    _, latitude, longitude = CHIEF_TOWNS[departement]

    def measure(code: str) -> float:
        _, north, east = CHIEF_TOWNS[code]
        return math.hypot(north - latitude, (east - longitude) * math.cos(math.radians(latitude)))

    return sorted(CHIEF_TOWNS, key=measure)
