"""French of the follow-up mails about a link, and of a company's answers: refusal, its end, a colleague who is named."""

from chalicelib import config
from chalicelib.domain.documents.notices import Occasion
from chalicelib.domain.kernel.values import Role

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


_ERASED = f"Nous effaçons les documents de notre côté, en {config.ERASED_MINUTES} minutes au plus."
_READ = f"Elle vient de dire : « J’ai bien pu lire ». {_ERASED}"
FOLLOW_UPS: dict[Occasion, tuple[str, list[str], str]] = {
    Occasion.MEETING_TOLD: (
        "L’entreprise dit si le rendez-vous a eu lieu",
        [
            "Elle vient de le noter sur sa page. Rien n’est à confirmer.",
            "C’est à vous : notez la suite, ou corrigez si ce n’est pas ce qui s’est passé.",
        ],
        "Ouvrir ce parcours",
    ),
    Occasion.READ: (
        "L’entreprise a pu lire",
        [
            _READ,
            "C’est à elle de proposer des dates de rencontre. Vous n’avez rien à faire.",
        ],
        "Suivre ce parcours",
    ),
    Occasion.READ_LATER: (
        "L’entreprise a pu lire",
        [
            _READ,
            "La suite ne change pas : la page du parcours dit à qui de jouer.",
        ],
        "Suivre ce parcours",
    ),
    Occasion.READ_WHILE_ANOTHER_WAITS: (
        "L’entreprise a pu lire",
        [
            "Elle vient de dire : « J’ai bien pu lire ». Une autre personne a aussi un lien, et ne l’a pas encore ouvert : "
            "les documents restent là pour elle, sans que leur délai s’allonge.",
            "La page du parcours dit à qui de jouer.",
        ],
        "Suivre ce parcours",
    ),
    Occasion.READ_BY_BUYER: (
        "L’acheteur a lu, pas l’entreprise",
        [
            "Le lien envoyé à l’acheteur y a été ouvert au lieu d’être passé, et la personne dit : « J’ai bien pu lire ». "
            f"{_ERASED}",
            "L’entreprise n’a rien reçu par cet envoi.",
            "C’est à vous : envoyez les documents à l’entreprise, ou voyez la suite avec l’acheteur.",
        ],
        "Ouvrir ce parcours",
    ),
    Occasion.UNREADABLE: (
        "L’entreprise n’a pas pu lire",
        [
            "Elle a ouvert le lien et dit qu’elle n’a pas pu lire. Les documents sont encore là.",
            "C’est à vous : appelez-la, puis renvoyez le lien en un clic, ou envoyez un autre fichier.",
        ],
        "Ouvrir ce parcours",
    ),
    Occasion.UNREADABLE_TO_ONE: (
        "Une personne de l’entreprise n’a pas pu lire",
        [
            "Elle a ouvert le lien et dit qu’elle n’a pas pu lire. Une autre personne de l’entreprise a pu lire.",
            "La suite ne change pas : la page du parcours dit à qui de jouer.",
        ],
        "Suivre ce parcours",
    ),
    Occasion.UNREADABLE_TO_BUYER: (
        "L’acheteur n’a pas pu lire",
        [
            "Le lien envoyé à l’acheteur y a été ouvert au lieu d’être passé, et la personne dit qu’elle n’a pas pu lire. "
            "Les documents sont encore là, et l’entreprise n’a rien reçu par cet envoi.",
            "C’est à vous : appelez l’acheteur, puis renvoyez-lui le lien en un clic, ou envoyez les documents à l’entreprise.",
        ],
        "Ouvrir ce parcours",
    ),
    Occasion.CLOSED: (
        "Le lien s’est fermé",
        [
            "Trop de réponses fausses ont été données avant l’ouverture : le lien est fermé, et rien n’a été ouvert.",
            "C’est à vous : appelez la personne qui l’attend et vérifiez son adresse, puis renvoyez le lien en un clic.",
        ],
        "Ouvrir ce parcours",
    ),
    Occasion.CLOSED_AFTER_OPENING: (
        "Le lien s’est fermé",
        [
            "Trop de réponses fausses ont été données : le lien est fermé. Il avait été ouvert avant. "
            "La personne qui l’a ouvert ne peut plus répondre sur sa page.",
            "C’est à vous : appelez-la pour la suite. Si les documents sont encore là, vous pouvez lui renvoyer le lien.",
        ],
        "Ouvrir ce parcours",
    ),
    Occasion.CLOSED_BESIDE: (
        "Un second lien s’est fermé",
        [
            "Trop de réponses fausses ont été données : le second lien, envoyé en plus du premier, est fermé. Le premier reste "
            "comme il était.",
            "La suite ne change pas : la page du parcours dit à qui de jouer.",
        ],
        "Suivre ce parcours",
    ),
    Occasion.REQUESTED: (
        "L’entreprise demande un nouvel envoi",
        [
            "Son lien ne donne plus rien, et elle voudrait lire les documents.",
            "C’est à vous : renvoyez le lien, ou choisissez de nouveau les documents s’ils sont effacés.",
        ],
        "Ouvrir ce parcours",
    ),
    Occasion.REQUESTED_BY_BUYER: (
        "L’acheteur demande un nouvel envoi",
        [
            "Le lien envoyé à l’acheteur ne donne plus rien, et un nouvel envoi y est demandé.",
            "C’est à vous : renvoyez-lui le lien, ou envoyez les documents à l’entreprise. S’ils sont effacés, choisissez-les de "
            "nouveau.",
        ],
        "Ouvrir ce parcours",
    ),
}
"""Title, sentences and button; the last sentence says whose turn it is."""
SENDER_TOO = "La personne qui accompagne le jeune est prévenue aussi : la suite est sur la page du parcours."
"""In the place of that sentence, for somebody else in whose name the link went."""


UNSENT = {
    Role.COMPANY: ("à l’entreprise", "Prévenez l’entreprise par téléphone."),
    Role.BUYER: ("à l’acheteuse ou à l’acheteur", "Prévenez cette personne par téléphone."),
    Role.TUTOR: ("à la personne qui suivait ce parcours avant vous", "Prévenez cette personne."),
}
"""To whom a message could not be sent, and what to do."""
