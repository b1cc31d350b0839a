"""What the pages of the import say: faults, what is dropped and why, what is left to do."""

from chalicelib.domain.importing.reading import ByHand, Dropped, FileProblem, Problem

CELL: dict[Problem, str] = {
    Problem.EMPTY: "rien n’est écrit.",
    Problem.TOO_LONG: "texte trop long.",
    Problem.CHARACTERS: "caractères non lisibles.",
    Problem.ADDRESS: "adresse non valable.",
    Problem.ACCENTED_ADDRESS: "adresse avec un accent avant le « @ » : nos courriels ne peuvent pas y aller.",
    Problem.PHONE: "numéro de téléphone non valable.",
    Problem.DATE: "date non valable. Écrivez-la comme 12/05/2026.",
    Problem.BEFORE_START: "cette date précède celle d’avant dans le marché.",
    Problem.NOT_KEPT: "ce marché est terminé depuis trop longtemps pour être gardé : retirez la ligne.",
    Problem.HOURS: "nombre d’heures non valable. Écrivez un nombre entier, de 1 à 2000.",
    Problem.DOMAIN: "domaine inconnu. Choisissez-en un seul dans la liste.",
    Problem.DEPARTEMENT: "département inconnu. Écrivez son numéro.",
    Problem.ACADEMIE: "académie inconnue.",
    Problem.SIRET: "SIRET non valable. Il a 14 chiffres.",
    Problem.WEBSITE: "adresse de site non valable.",
    Problem.LINK: "adresse de site ou de messagerie. Retirez-la : nos messages n’en portent pas.",
    Problem.NAME: "ce n’est pas un nom ou une fonction. Écrivez-les seuls, sans phrase ni numéro.",
    Problem.MORE_CELLS: "la ligne a plus de cases que de titres. Vérifiez les séparateurs et les guillemets.",
}
"""What is wrong with a cell, after « Ligne 37, colonne e-mail : »."""

DROPPED: dict[Dropped, str] = {
    Dropped.ATTACHMENTS: "pièces jointes : elles n’entrent jamais",
    Dropped.COMMENTS: "texte libre : il peut parler d’un jeune, il n’entre jamais",
    Dropped.DEDUCED: "le service la trouve de lui-même",
    Dropped.ACCOUNT: "une personne se désigne dans le service, par son compte",
    Dropped.STATUS: "statut : il sert à lister les lignes à reprendre à la main, il n’est pas recopié",
    Dropped.UNKNOWN: "titre inconnu",
}

BY_HAND: dict[ByHand, str] = {
    ByHand.IN_PREPARATION: "en préparation dans le tableau, disponible ici : désignez la tutrice ou le tuteur",
    ByHand.CONVENTION: "convention signée dans le tableau, disponible ici : désignez qui suit, puis notez les faits",
    ByHand.STATE_UNKNOWN: "statut non reconnu, disponible ici : vérifiez où en est le parcours",
    ByHand.NO_TOWN: "commune à écrire",
    ByHand.NO_TASKS: "tâches à écrire",
    ByHand.NO_DEPARTEMENT: "département à choisir",
    ByHand.CONTACT_WITHOUT_MAIL: "contact sans e-mail, non repris : à saisir",
}
"""What a line leaves to do."""

FILE: dict[FileProblem, str] = {
    FileProblem.NO_FILE: "Aucun fichier n’est arrivé, ou il est vide. Choisissez le fichier CSV, puis recommencez.",
    FileProblem.OTHER_ENCODING: "Ce fichier n’est pas en UTF-8. Enregistrez le fichier en CSV UTF-8.",
    FileProblem.NOT_CSV: "Ce fichier n’est pas un CSV lisible. Exportez de nouveau le tableau en CSV, puis choisissez-le.",
    FileProblem.NO_LINE: "Ce fichier n’a aucune ligne sous ses titres. Vérifiez le tableau, puis exportez-le de nouveau.",
    FileProblem.CHANGED: "Le contenu n’est plus celui de l’essai. Rien n’a été importé. Choisissez de nouveau le fichier.",
    FileProblem.TOO_LARGE: "500 lignes et 1 Mo au plus. Rien n’a été importé. Coupez le tableau en plusieurs fichiers.",
}
"""What is wrong with the file as a whole."""
