"""What agents and companies are told of a refusal, of its end, and of a colleague who is named."""

from chalicelib.domain.values import Role

DECLINED: dict[Role, tuple[str, list[str], str]] = {
    Role.TUTOR: (
        "L’entreprise a décliné",
        [
            "Motif : {reason}",
            "Pendant 24 heures, elle peut revenir sur sa réponse, et vous aussi si vous en convenez par téléphone. "
            "Ensuite les documents qui restent sont effacés de notre côté.",
            "C’est à vous : appelez l’entreprise, ou notez la suite.",
        ],
        "Ouvrir ce parcours",
    ),
    Role.COORDINATOR: (
        "L’entreprise a décliné",
        [
            "Motif : {reason}",
            "Vous aviez envoyé ce lien. La personne qui accompagne le jeune est prévenue aussi : c’est à elle.",
        ],
        "Suivre ce parcours",
    ),
    Role.BUYER: (
        "L’entreprise a décliné",
        [
            "Motif : {reason}",
            "L’accueil fait partie de ses engagements dans votre marché. Pendant 24 heures, elle peut revenir sur sa réponse.",
            "La personne qui accompagne le jeune est prévenue. Un appel de votre part peut aider.",
        ],
        "Suivre ce parcours",
    ),
}
"""Title, sentences and button of the notice of a refusal, by whom it goes to."""
UNDONE: dict[Role, tuple[str, list[str], str]] = {
    Role.TUTOR: (
        "Le refus est annulé",
        [
            "L’entreprise ne décline plus : le parcours reprend où il en était. Un rendez-vous annulé reste à fixer de nouveau."
        ],
        "Ouvrir ce parcours",
    ),
    Role.COORDINATOR: (
        "Le refus est annulé",
        [
            "L’entreprise ne décline plus : le parcours reprend où il en était. La personne qui accompagne le jeune est prévenue."
        ],
        "Suivre ce parcours",
    ),
    Role.BUYER: (
        "Le refus est annulé",
        ["L’entreprise ne décline plus : le parcours reprend où il en était. Vous n’avez rien à faire."],
        "Suivre ce parcours",
    ),
}
"""The same, once it was taken back."""
QUESTION = (
    "L’entreprise indique une autre adresse",
    [
        "Elle voudrait que le lien aille à {name}, {address}.",
        "Cette adresse n’est pas du même domaine que la première : rien n’est parti. Vérifiez-la, par téléphone s’il le faut.",
        "C’est à vous : acceptez, ou refusez.",
    ],
    "Répondre sur ce parcours",
)
"""The question about a colleague of another domain, to the person who sealed;"""
NOBODY_AGREES = (
    "L’entreprise indique une autre adresse",
    [
        "Elle voudrait que le lien aille à {name}, {address}.",
        "La personne qui a envoyé les documents n’est plus là, et elle seule pouvait accepter cette adresse : rien n’est parti.",
        "C’est à vous : retirez cet envoi, puis refaites-le à la bonne adresse.",
    ],
    "Ouvrir ce parcours",
)
"""and to who accompanies, when she is gone."""
