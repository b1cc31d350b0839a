"""The French of mails that differ in words only: short notices, and what is said of a meeting."""

from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib import config, french
from chalicelib.domain.documents.mailing import Occasion
from chalicelib.domain.documents.sending import UNDO
from chalicelib.domain.kernel.parcours import Origin
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import Entrance
from chalicelib.domain.kernel.values import Role, Words
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours.ending import CORRECTABLE as PASSAGE_ENDS
from chalicelib.words import codes, timeline

OPEN, FOLLOW = "Ouvrir ce parcours", "Suivre ce parcours"
UNDO_HOURS = UNDO // timedelta(hours=1)
SOURCE_PASSED = "Votre adresse a été donnée par la personne qui vous a passé le lien."
SOURCE_SENT = "Votre adresse a été donnée par la personne qui suit le jeune."
"""Where the address of a reader comes from who is not in the record."""


def format_source(origin: Origin | None) -> str:
    """Return where the address of a contact of the record comes from (RGPD, article 14.2.f)."""
    said = french.minuscule(codes.describe_origin(origin))
    return f"Votre adresse {'a été' if origin else 'est'} {said}."


class Return(NamedTuple):
    """The notice that the mail of a link did not arrive, or is not wanted (« avis-retour »): for one reason, or for several."""

    title: str
    """Its subject begins so."""
    opening: str
    """Before the reason."""
    todo: str
    """Without the final point, before the page of the parcours;"""
    todo_with_other: str = ""
    """and where another contact of the record is named, if that differs."""

    def choose_todo(self, other: bool) -> str:
        """Return what to do. ``other``: whether the notice names another contact."""
        return self.todo_with_other if other and self.todo_with_other else self.todo


_ADDRESS_REFUSED = Return(
    "Message revenu, à vous",
    "Le message avec le lien nous est revenu.",
    "Cherchez la bonne adresse par téléphone, puis envoyez les documents",
    "Envoyez les documents à cet autre contact",
)
_NOT_THIS_TIME = Return(
    "Message pas encore arrivé, à vous",
    "Le serveur de cette adresse n’a pas pris le message avec le lien.",
    "Demandez par téléphone une autre adresse, ou renvoyez le lien plus tard",
)
RETURNS = Words(
    {
        Reason.NO_MAILBOX: _ADDRESS_REFUSED,
        Reason.MAILBOX_BLOCKED: _ADDRESS_REFUSED,
        Reason.MAILBOX_FULL: _NOT_THIS_TIME,
        Reason.MAIL_TOO_LARGE: _NOT_THIS_TIME,
        Reason.MAIL_CONTENT: _NOT_THIS_TIME,
        Reason.MAIL_UNWANTED: Return(
            "Message signalé comme indésirable, à vous",
            "Le message avec le lien est arrivé.",
            "Appelez cette personne pour convenir de la suite : nous n’écrivons plus à cette adresse",
            "Nous n’écrivons plus à cette adresse. Appelez cette personne, ou envoyez les documents à cet autre contact",
        ),
        Reason.MAIL_VIRUS: Return(
            "Message non envoyé, à vous",
            "Le message avec le lien n’est pas parti.",
            "L’adresse n’y est pour rien : renvoyez le lien",
        ),
        Reason.MAIL_UNCERTAIN: Return(
            "Une réponse automatique, peut-être",
            "Le serveur de cette adresse a répondu au message avec le lien, sans dire s’il est arrivé.",
            "Rien ne presse. Si personne n’ouvre le lien dans les prochains jours, demandez par téléphone s’il est arrivé",
        ),
    },
    stranger=_NOT_THIS_TIME,
)


FAILED = "Message non parti, à vous"
NOT_LEFT = Return(
    FAILED,
    "Le message avec le lien n’est pas parti, après plusieurs essais. Cette personne n’a sans doute rien reçu.",
    "Vérifiez cette adresse par téléphone, puis ouvrez le parcours",
)
NOT_FOR_TEAM = Return(
    FAILED,
    "Cette adresse est de l’équipe, qui ne reçoit pas de documents. Rien n’est parti.",
    "Ouvrez le parcours et choisissez l’entreprise ou l’acheteur",
)
IN_DOUBT = Return(
    "Lien peut-être parti, à vous",
    "Le message avec le lien a pu partir, peut-être plusieurs fois\u00a0: nous n’en avons pas eu la confirmation. Le lien n’a "
    "pas été arrêté.",
    "Demandez par téléphone si le lien est arrivé, sinon ouvrez le parcours et renvoyez-le",
)


class Notice:
    """A short notice (« avis-suite ») about a parcours: title, sentences with facts in braces, button.

    The last sentence says whose turn it is.
    """

    def __init__(self, title: str, *lines: str, act: str = OPEN) -> None:
        self.title, self.lines, self.act = title, lines, act

    def to_further_sender(self) -> "Notice":
        """Return the notice for the link's other sender: « the tutor is told » in place of the last line, what to do."""
        return Notice(self.title, *self.lines[:-1], SENDER_TOO, act=self.act)


class EntranceNotice(NamedTuple):
    """The notice about what opens an account (« acces »): title and sentences, with the colleague's name in braces."""

    title: str
    lines: tuple[str, ...]


_NOT_YOU = (
    "Ce n’est pas vous ? Appelez une personne de l’équipe, et écrivez à l’aide. Si vous entrez encore : dans « Mon compte », "
    "retirez les clés que vous ne reconnaissez pas, puis « Déconnecter partout »."
)
"""A stranger's first passkey keeps its reader out of every page; whoever has another one enters by it."""
ENTRANCES: dict[Entrance, EntranceNotice] = {
    Entrance.PASSKEY_ADDED: EntranceNotice(
        "Une clé d’accès est ajoutée à votre compte",
        ("Elle ouvre votre compte sans code. Un code par message ne suffit plus.", _NOT_YOU),
    ),
    Entrance.PASSKEY_REMOVED: EntranceNotice(
        "Une clé d’accès est retirée de votre compte", ("Elle n’ouvre plus votre compte.", _NOT_YOU)
    ),
    Entrance.PASSKEY_CLONED: EntranceNotice(
        "Une de vos clés d’accès a été refusée",
        (
            "Son compteur est revenu en arrière, comme si une copie de la clé avait servi. La connexion n’a pas été ouverte.",
            "Connectez-vous avec une autre clé, retirez celle qui a été refusée, puis écrivez à l’aide.",
        ),
    ),
    Entrance.PASSKEYS_REMOVED: EntranceNotice(
        "Vos clés d’accès sont retirées",
        (
            "{name} ({function}) a retiré les clés d’accès de votre compte. Un code par message ou ProConnect l’ouvre de "
            "nouveau. Ajoutez ensuite une clé, si votre rôle en demande une.",
            "Vous n’avez rien demandé\u202f? Appelez cette personne, et écrivez à l’aide.",
        ),
    ),
    Entrance.OTHERS_PASSKEYS_REMOVED: EntranceNotice(
        "Vous avez retiré des clés d’accès",
        (
            "Vous avez retiré les clés d’accès du compte de {name} ({function}). Un code par message ou ProConnect l’ouvre "
            "de nouveau.",
            _NOT_YOU,
        ),
    ),
    Entrance.IDENTITY_LINKED: EntranceNotice(
        "Votre compte est lié à ProConnect",
        (
            "Une personne identifiée par ProConnect à cette adresse est entrée dans votre compte. Cette identité y entre "
            "désormais, même si son adresse change chez ProConnect.",
            "Si c’est vous, vous n’avez rien à faire. Sinon, écrivez à l’aide\u00a0: ce lien peut être retiré.",
        ),
    ),
    Entrance.IDENTITY_UNLINKED: EntranceNotice(
        "Votre compte n’est plus lié à ProConnect",
        (
            "Une personne qui gère votre compte l’a délié de ProConnect. Vos connexions sont terminées.",
            "Si vous ne savez pas pourquoi, demandez-le à cette personne, ou écrivez à l’aide.",
        ),
    ),
}
_ERASED = f"Nous effaçons les documents de notre côté, en {config.ERASED_MINUTES} minutes au plus."
_READ = f"Elle vient de dire : « J’ai bien pu lire ». {_ERASED}"
UNSENT, NOT_SENT = "Un message n’est pas arrivé", "Nous n’avons pas pu faire parvenir ce message"
RESUMED = "Le parcours reprend"
NO_LONGER_DECLINES = (
    "L’entreprise ne refuse plus : le parcours reprend. Un rendez-vous annulé reste à fixer de nouveau."
)
IT_WAS_AN_ERROR = "Nous vous avons écrit que ce parcours était terminé. C’était une erreur : il reprend."
NOTICES: dict[Occasion, Notice] = {
    Occasion.MEETING_TOLD: Notice(
        "L’entreprise dit si le rendez-vous a eu lieu",
        "Elle vient de le noter sur sa page. Rien n’est à confirmer.",
        "C’est à vous : notez la suite, ou corrigez si ce n’est pas ce qui s’est passé.",
    ),
    Occasion.MEETING_CALLED_OFF: Notice(
        "L’entreprise a annulé le rendez-vous",
        "Elle vient de l’annuler sur sa page. Vous remplacez la personne qui suit le jeune, et qui est invitée.",
        "La page du parcours dit pourquoi, et qui doit agir.",
        act=FOLLOW,
    ),
    Occasion.READ: Notice(
        "L’entreprise a pu lire",
        _READ,
        "C’est à elle de proposer des dates de rendez-vous. Vous n’avez rien à faire.",
        act=FOLLOW,
    ),
    Occasion.READ_LATER: Notice(
        "L’entreprise a pu lire",
        _READ,
        "La suite ne change pas : la page du parcours dit qui doit agir.",
        act=FOLLOW,
    ),
    Occasion.READ_WHILE_ANOTHER_WAITS: Notice(
        "L’entreprise a pu lire",
        "Elle vient de dire : « J’ai bien pu lire ». Une autre personne a aussi un lien, et ne l’a pas encore ouvert : "
        "les documents restent là pour elle, sans que leur délai s’allonge.",
        "La page du parcours dit qui doit agir.",
        act=FOLLOW,
    ),
    Occasion.READ_BY_BUYER: Notice(
        "L’acheteur a lu, pas l’entreprise",
        f"L’acheteur a ouvert le lien sans le passer, et dit : « J’ai bien pu lire ». {_ERASED}",
        "L’entreprise n’a rien reçu par cet envoi.",
        "C’est à vous : envoyez les documents à l’entreprise, ou voyez la suite avec l’acheteur.",
    ),
    Occasion.UNREADABLE: Notice(
        "L’entreprise n’a pas pu lire",
        "Elle a ouvert le lien et dit qu’elle n’a pas pu lire. Les documents sont encore là.",
        "C’est à vous : appelez-la, puis renvoyez le lien en un clic, ou envoyez un autre fichier.",
    ),
    Occasion.UNREADABLE_TO_ONE: Notice(
        "Une personne de l’entreprise n’a pas pu lire",
        "Elle a ouvert le lien et dit qu’elle n’a pas pu lire. Une autre personne de l’entreprise a pu lire.",
        "La suite ne change pas : la page du parcours dit qui doit agir.",
        act=FOLLOW,
    ),
    Occasion.UNREADABLE_TO_BUYER: Notice(
        "L’acheteur n’a pas pu lire",
        "L’acheteur a ouvert le lien sans le passer, et dit qu’il n’a pas pu lire. "
        "Les documents sont encore là, et l’entreprise n’a rien reçu par cet envoi.",
        "C’est à vous : appelez l’acheteur, puis renvoyez-lui le lien en un clic, ou envoyez les documents à l’entreprise.",
    ),
    Occasion.CLOSED: Notice(
        "Le lien s’est fermé",
        "Plusieurs réponses n’étaient pas les bonnes : le lien est fermé, et rien n’a été ouvert.",
        "C’est à vous : appelez la personne qui l’attend et vérifiez son adresse, puis renvoyez le lien en un clic.",
    ),
    Occasion.CLOSED_AFTER_OPENING: Notice(
        "Le lien s’est fermé",
        "Plusieurs réponses n’étaient pas les bonnes : le lien est fermé. Il avait été ouvert avant. "
        "La personne qui l’a ouvert ne peut plus répondre sur sa page.",
        "C’est à vous : appelez-la pour la suite. Si les documents sont encore là, vous pouvez lui renvoyer le lien.",
    ),
    Occasion.CLOSED_BESIDE: Notice(
        "Un second lien s’est fermé",
        "Plusieurs réponses n’étaient pas les bonnes : le second lien, envoyé en plus du premier, est fermé. Le premier reste "
        "comme il était.",
        "La suite ne change pas : la page du parcours dit qui doit agir.",
        act=FOLLOW,
    ),
    Occasion.REQUESTED: Notice(
        "L’entreprise demande un nouvel envoi",
        "Le lien reçu ne lui sert pas.",
        "C’est à vous : demandez-lui à qui envoyer, puis renvoyez le lien, ou choisissez de nouveau les documents s’ils "
        "sont effacés.",
    ),
    Occasion.REQUESTED_BY_BUYER: Notice(
        "L’acheteur demande un nouvel envoi",
        "Le lien reçu ne lui sert pas.",
        "C’est à vous : renvoyez-lui le lien, ou envoyez les documents à l’entreprise. S’ils sont effacés, choisissez-les de "
        "nouveau.",
    ),
    Occasion.EXPIRED: Notice(
        "Documents effacés, lien non ouvert",
        "Le lien est arrivé à sa date de fin sans être ouvert : les documents sont effacés de notre côté, comme prévu.",
        "C’est à vous : appelez la personne qui l’avait reçu, puis envoyez de nouveau les documents.",
    ),
    Occasion.EXPIRED_UNREACHED: Notice(
        "Documents effacés, leur lien n’était pas arrivé",
        "Personne n’a pu les ouvrir par ce lien : ils sont effacés de notre côté, comme prévu.",
        "C’est à vous : vérifiez l’adresse par téléphone, puis envoyez de nouveau les documents.",
    ),
    Occasion.EXPIRED_AFTER_OPENING: Notice(
        "Documents effacés, personne n’a dit avoir lu",
        "Le lien a été ouvert, et personne n’a dit avoir pu lire. Les documents sont effacés de notre côté, comme prévu. "
        "La personne qui l’a ouvert peut encore répondre sur sa page.",
        "Un appel de votre part peut aider. La page du parcours dit qui doit agir.",
    ),
    Occasion.DECLINED_TUTOR: Notice(
        "L’entreprise a refusé",
        "Motif : {reason}",
        f"Pendant {UNDO_HOURS}\u00a0heures, elle peut revenir sur sa réponse, et vous aussi si vous en convenez par téléphone. "
        "Ensuite les documents qui restent sont effacés de notre côté.",
        "C’est à vous : appelez l’entreprise, ou notez la suite.",
    ),
    Occasion.DECLINED_COORDINATOR: Notice(
        "L’entreprise a refusé",
        "Motif : {reason}",
        "Vous aviez envoyé ce lien. La personne qui suit le jeune est prévenue aussi : c’est à elle.",
        act=FOLLOW,
    ),
    Occasion.DECLINED_BUYER: Notice(
        "L’entreprise a refusé",
        "Motif : {reason}",
        "L’accueil fait partie de ses engagements dans votre marché. "
        f"Pendant {UNDO_HOURS}\u00a0heures, elle peut revenir sur sa réponse.",
        "La personne qui suit le jeune est prévenue. Un appel de votre part peut aider.",
        act=FOLLOW,
    ),
    Occasion.UNDONE_TUTOR: Notice(
        "Le refus est annulé",
        NO_LONGER_DECLINES,
    ),
    Occasion.UNDONE_COORDINATOR: Notice(
        "Le refus est annulé",
        f"{NO_LONGER_DECLINES} La personne qui suit le jeune est prévenue.",
        act=FOLLOW,
    ),
    Occasion.UNDONE_BUYER: Notice(
        "Le refus est annulé",
        f"{NO_LONGER_DECLINES} Vous n’avez rien à faire.",
        act=FOLLOW,
    ),
    Occasion.COLLEAGUE: Notice(
        "Une autre adresse est indiquée",
        "La personne qui a le lien voudrait qu’il aille {also} à {name}, {address}.",
        "Vous n’aviez pas vu cette adresse en envoyant : rien n’y est parti. Vérifiez-la, par téléphone s’il le faut.",
        "C’est à vous : acceptez, ou refusez.",
        act="Répondre sur ce parcours",
    ),
    Occasion.COLLEAGUE_NOBODY: Notice(
        "Une autre adresse est indiquée",
        "La personne qui a le lien voudrait qu’il aille {also} à {name}, {address}.",
        "La personne qui a envoyé les documents n’est plus là, et elle seule pouvait accepter cette adresse : "
        "rien n’est parti.",
        "C’est à vous : retirez cet envoi, puis refaites-le à la bonne adresse.",
    ),
    Occasion.UNSENT_COMPANY: Notice(
        UNSENT,
        f"{NOT_SENT} à l’entreprise :",
        "{reason}",
        "Prévenez l’entreprise par téléphone.",
    ),
    Occasion.UNSENT_BUYER: Notice(
        UNSENT,
        f"{NOT_SENT} à l’acheteur :",
        "{reason}",
        "Prévenez cette personne par téléphone.",
    ),
    Occasion.UNSENT_TUTOR: Notice(
        UNSENT,
        f"{NOT_SENT} à la personne qui suivait ce parcours avant vous :",
        "{reason}",
        "Prévenez cette personne.",
    ),
    Occasion.RESUMED: Notice(
        RESUMED,
        IT_WAS_AN_ERROR,
        "Un lien déjà reçu ne marche plus. Pour la suite, répondez à ce message : {name} suit le jeune.",
    ),
    Occasion.RESUMED_TUTOR: Notice(
        RESUMED, IT_WAS_AN_ERROR, "Vous suivez de nouveau le jeune. La page du parcours dit qui doit agir."
    ),
    Occasion.ENDED_TUTOR: Notice(
        "Parcours terminé par une autre personne",
        "{name} a mis fin à ce parcours. {reason}",
        "Vous n’avez rien à faire. Si c’est une erreur, corrigez cette ligne sur la page du parcours, tant que personne d’autre "
        "n’a pris l’offre.",
    ),
    Occasion.ERASED_TUTOR: Notice(
        "Parcours effacé sur demande",
        "La déléguée à la protection des données a accepté une demande d’effacement. Ce parcours est terminé\u00a0: un "
        "lien déjà parti ne marche plus, et l’historique s’efface. L’offre est de nouveau libre.",
        "Effacez aussi ce que vous gardez vous-même\u00a0: documents du jeune, notice, messages.",
    ),
    Occasion.DATA_REQUESTED: Notice(
        "N’envoyez rien pour l’instant",
        "Une demande sur les données du jeune est arrivée par le formulaire. Personne n’a vérifié qui demande : la déléguée à "
        "la protection des données la traite.",
        "Parlez-en d’abord avec le jeune. Puis dites sur la page du parcours s’il continue, ou s’arrête.",
        "D’ici là, rien ne part et rien n’avance. Un lien déjà parti est suspendu : il n’ouvre rien.",
    ),
    Occasion.SENDING_STOPPED: Notice(
        "Le jeune ne veut plus",
        "Sur la page de suivi du jeune, quelqu’un a appuyé sur « Je ne veux plus ». Cette page s’ouvre avec la notice : nous ne "
        "vérifions pas qui l’a en main.",
        "L’envoi est arrêté : un lien déjà parti ne marche plus, les documents qui étaient encore là sont effacés en "
        f"{config.ERASED_MINUTES}\u00a0minutes au plus, un rendez-vous à venir est annulé. Si l’entreprise avait un lien ou "
        "un rendez-vous, elle lit que c’est arrêté, sans savoir pourquoi.",
        "C’est à vous : parlez avec le jeune, puis dites-le sur la page du parcours. Vous pourrez alors refaire l’envoi, ou "
        "arrêter ce parcours.",
    ),
    Occasion.CANNOT_COME: Notice(
        "Rendez-vous à confirmer avec le jeune",
        "Sur la page de suivi du jeune, quelqu’un a appuyé sur « Je ne peux pas venir ». C’est au sujet du rendez-vous du "
        "{until}.",
        "L’entreprise n’est pas prévenue, et le rendez-vous reste fixé.",
        "C’est à vous : parlez avec le jeune. Puis déplacez le rendez-vous, annulez-le, ou dites qu’il tient, sur la page du "
        "parcours.",
    ),
    Occasion.MEETING_KEPT: Notice(
        "Le rendez-vous tient",
        "Sur la page de suivi du jeune, quelqu’un a repris « Je ne peux pas venir » : le rendez-vous tient, le {until}.",
        "L’entreprise ne lit rien de tout cela. Vous n’avez rien à faire, sauf si vous lui en avez parlé.",
    ),
    Occasion.RESERVATION_WARNING: Notice(
        "Votre réservation prend fin bientôt",
        "Cette offre vous est réservée, et rien n’est encore parti. Sans envoi d’ici le {until}, elle redevient libre.",
        "Si les documents sont prêts, envoyez-les. Sinon, vous pourrez la reprendre tant que personne d’autre ne l’a prise.",
    ),
    Occasion.RESERVATION_LAPSED: Notice(
        "L’offre est de nouveau libre",
        "Rien n’est parti à temps : votre réservation a pris fin. L’historique reste.",
        "Si le jeune est toujours intéressé, reprenez l’offre tant qu’elle est libre.",
        act="Revoir cette offre",
    ),
    Occasion.OFFER_REPORTED: Notice(
        "Une offre vous est signalée",
        "Ce qui ne va pas : {reason} Le signalement est de {name}, à qui va votre réponse.",
        "Vérifiez la fiche : l’offre peut se corriger, et se retirer tant qu’elle est libre. D’ici là elle reste telle quelle.",
    ),
    Occasion.PASSAGE_LAPSED: Notice(
        "Le parcours est considéré comme terminé",
        "Rien n’a été noté sur ce parcours depuis longtemps : il est terminé, et l’offre est libre. L’historique reste.",
        "Si le parcours continue, corrigez cette ligne sur la page du parcours, tant que l’offre est libre.",
    ),
}
SENDER_TOO = "La personne qui suit le jeune est prévenue aussi : la suite est sur la page du parcours."
"""In the place of that sentence, for another person in whose name the link went."""

SUMMARY = "Rendez-vous, clause sociale de formation, {reference}"
"""What a calendar shows of the meeting: the reference, never a name."""
DESCRIPTION = (
    "Répondre dans l’agenda (« accepter », « refuser ») ne prévient personne.\n"
    "Un empêchement, une autre date, une question ? Écrivez à {name} : {address}\n"
    "Si le rendez-vous est déplacé ou annulé, vous recevrez un message qui met votre agenda à jour."
)
"""What a calendar says beside it: the same to everybody."""
LEFT_DESCRIPTION = "Répondre dans l’agenda ne prévient personne.\nUne question ? Écrivez à {name} : {address}"
"""The same to somebody who is invited no more."""
AT_A_DISTANCE = "En visio"
FIXED, MOVED, CHANGED, PEOPLE = "fixed", "moved", "changed", "people"
CANCELLED, TOMORROW, LEFT = "cancelled", "tomorrow", "left"
MEETINGS = {
    FIXED: (
        "Rendez-vous le {jour}",
        "Le rendez-vous avec le jeune est fixé. L’invitation est jointe à ce message.",
    ),
    MOVED: (
        "Rendez-vous déplacé au {jour}",
        "Voici ce qui est convenu maintenant. L’invitation jointe remplace la précédente.",
    ),
    CHANGED: (
        "Rendez-vous du {jour} modifié",
        "Voici ce qui est convenu maintenant. L’invitation jointe remplace la précédente.",
    ),
    PEOPLE: (
        "Rendez-vous : d’autres invités",
        "{people} Voici ce qui est convenu maintenant ; l’invitation jointe remplace la précédente.",
    ),
    CANCELLED: (
        "Rendez-vous du {jour} annulé",
        "Le rendez-vous n’aura pas lieu à cette date. Le fichier joint le retire de votre agenda.",
    ),
    TOMORROW: (
        "Rendez-vous demain, {jour}",
        "Le rendez-vous a lieu demain. Ce n’est pas un entretien de recrutement.",
    ),
    LEFT: (
        "Votre invitation est retirée",
        "Ce rendez-vous se tient sans vous. Le fichier joint le retire de votre agenda.",
    ),
}
"""Subject and first sentence of a mail about a meeting; braces: its day, who comes instead of whom."""


def format_meeting_subject(occasion: str, slot: Slot) -> str:
    """Return what the subject of a mail about a meeting says."""
    return MEETINGS[occasion][0].format(jour=french.jour_du_mois(slot.start))


def format_meeting_title(occasion: str, slot: Slot, moved_from: datetime | None) -> str:
    """Return the title of a mail about a meeting: « Rendez-vous déplacé du 8 au 15 décembre ».

    ``moved_from``: when the meeting was to begin before.
    """
    if occasion == MOVED and moved_from is not None:
        return f"Rendez-vous déplacé {french.du_au(moved_from, slot.start)}"
    return format_meeting_subject(occasion, slot)


def format_replacement(joined: list[str], left: list[str]) -> str:
    """Return who comes to a meeting instead of whom, one name at least: « Jeanne Roy remplace Nadia Bellanger. »"""
    if joined and left:
        verb = "remplace" if len(joined) == 1 else "remplacent"
        return f"{french.enumeration(joined)} {verb} {french.enumeration(left)}."
    verb = "vient" if len(joined or left) == 1 else "viennent"
    if joined:
        return f"{french.enumeration(joined)} {verb} aussi."
    return f"{french.enumeration(left)} ne {verb} plus."


def format_cancellation(who: str, reason: Reason) -> str:
    """Return who cancelled a meeting, and why: « L’entreprise a annulé ce rendez-vous. Motif : la date ne convient plus. »

    ``who``: subject and auxiliary, see ``format_canceller``; « Vous avez ».
    """
    why = french.minuscule(codes.REASONS[reason].why_cancelled)
    return f"{who} annulé ce rendez-vous. Motif\u00a0: {why}."


YOU_HAVE, YOUR_COMPANY = "Vous avez", "votre entreprise"


def format_canceller(name: str, side: str) -> str:
    """Return who cancelled, seen by somebody else: « Claire Dumas (coordinatrice MLDS) a »; « L’entreprise a » without a side."""
    return f"{name} ({side}) a" if side else f"{name} a"


FELL = {
    EventKind.COMPANY_DECLINED: "L’entreprise a refusé.",
    EventKind.CONVENTION_SIGNED: "La convention de stage est signée.",
    EventKind.CORRECTED: "Ce rendez-vous avait été noté par erreur, et c’est corrigé.",
    EventKind.SENDING_STOPPED: "L’envoi est arrêté pour l’instant.",
}
"""With what a meeting fell that nobody cancelled by itself: by that fact,"""
FELL_AT_COMPANY = "Votre entreprise a refusé."
"""what the company reads of its own refusal,"""
FELL_WITH_PASSAGE = "Le parcours s’est arrêté."
"""and what is said of every end of a passage."""


def format_fall(fact: EventKind, reason: Reason | None, reader: Role, ended_by: str) -> str:
    """Return with what a meeting fell, and why; empty for a fact that says nothing of it.

    Who ended a passage (see ``format_canceller``; empty: nobody is known) and why is for who accompanies alone: company and
    buyer are mailed the end « sans dire pourquoi ».
    """
    fell = FELL_WITH_PASSAGE if fact in PASSAGE_ENDS else FELL.get(fact, "")
    if fact in PASSAGE_ENDS and reader is Role.TUTOR and ended_by:
        fell = f"{ended_by} mis fin au parcours."
    if fact is EventKind.COMPANY_DECLINED and reader is Role.COMPANY:
        fell = FELL_AT_COMPANY
    if reason is None or (fact in PASSAGE_ENDS and reader is not Role.TUTOR):
        return fell
    return f"{fell} Motif\u00a0: {french.minuscule(codes.REASONS[reason].sentence)}"


def format_reason_of_end(end: EventKind, reason: Reason | None) -> str:
    """Return how a passage ended, and why: « Le jeune a renoncé. Motif : c’était trop long. »"""
    ended = f"{timeline.FACTS[end].last}."
    if reason is None:
        return ended
    return f"{ended} Motif\u00a0: {french.minuscule(codes.REASONS[reason].sentence)}"


CONTACTS = {
    Interlocutor.ANSWERS_TENDER: "le contact « répond au marché »",
    Interlocutor.WELCOMES: "le contact « accueille »",
    Interlocutor.BUYER: "le contact chez l’acheteur",
}
"""Whose contact changed,"""
CHANGES = {
    "address": "a changé d’adresse",
    "phone": "a changé de téléphone",
    "added": "est nouveau",
    "removed": "a été retiré",
}
"""and how (codes of ``list_contact_changes``)."""
