"""The register of everything that is stored: one row per type of item, and nothing outside it.

From these rows are made the minute function's deadlines, the data page, the sentences of the notice and the sheet of the register
(*fiche de registre*, GDPR article 30). A test finds every item that tests ever wrote and demands its row.
"""

from collections.abc import Mapping

from chalicelib.domain import forgetting
from chalicelib.domain.appointment import Appointment
from chalicelib.domain.attempt import Attempt, OfferKey, ReferenceKey
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link, Pointer, Proof, Tries
from chalicelib.domain.organisation import Organisation
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.register_row import LEASE_REMEMBERED, About, Place, Row
from chalicelib.domain.run import Lease, Run
from chalicelib.domain.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.transition import OutboxMail
from chalicelib.domain.values import Aggregate

_DOCUMENTS = (
    "{erased_minutes} minutes au plus après « J’ai bien pu lire », un refus à la vérification ou un retrait ;",
    "{opened_hours} heures après l’ouverture, si personne n’a rien confirmé ;",
    "{answer_days} jours après l’envoi, si personne n’a ouvert ; renvoyés, {longest_days} jours au plus après le premier envoi ;",
    "{undo_hours} heures après un refus de l’entreprise, si rien de ce qui précède ne vient avant.",
)
_DOCUMENTS_TOLD = (
    "Sur le site, vos documents sont effacés {erased_minutes} minutes au plus après que l’entreprise a dit les avoir lus. Sans "
    "réponse : {opened_hours} heures après l’ouverture, ou {answer_days} jours après l’envoi si personne n’ouvre. Il n’y a pas "
    "de sauvegarde."
)
_HISTORY = (
    "{retention_months} mois après que la fin du passage a été notée. Il dit ce qui s’est passé et quand, sans nom, sans date de "
    "naissance, sans école et sans nom de fichier. La personne qui suit le jeune sait à qui va la référence ; nous, non.",
    "Un passage dont rien n’est noté pendant {retention_months} mois est considéré comme terminé.",
)
_HISTORY_TOLD = (
    "Il reste une liste de dates (« envoyé », « ouvert », « rendez-vous »), sous la référence ci-dessous, {retention_months} "
    "mois après la fin. Votre nom n’y est pas."
)
_REDUCED = (
    "L’adresse et les empreintes partent avec les documents. Un numéro, un état et des dates restent "
    "{reduced_days} jours de plus.",
)
_UNUSED = (
    "{idle_months} mois sans connexion, après un message un mois avant ; s’il suit encore un passage, un mois au plus après la "
    "fin de ce passage. Le dernier compte ouvert de l’équipe reste."
)
_CONTACTS = (
    "Nom, fonction, adresse et téléphone professionnels des contacts, donnés par l’entreprise dans sa réponse au marché ou par "
    "la personne qui suit le jeune ; contact chez l’organisme acheteur ; entreprise, marché et stage"
)
_CONTRACT = (
    "{retention_months} mois après la fin du marché, reconductions comprises ; jamais pendant un passage en cours.",
    "Si l’historique d’un passage est gardé plus longtemps, les contacts partent à cette date ; l’entreprise, le marché, le "
    "stage et les contacts ajoutés ensuite, avec le dernier historique.",
)
_LINK = (
    "Tant que le lien peut encore répondre, {link_days} jours au plus. Elle n’apparaît pas dans l’historique.",
)
_AS_LINK = ("Autant que le lien, {link_days} jours au plus.",)
_MEETING = (
    "{meeting_days} jours après le rendez-vous ou la dernière date proposée ; {cancelled_days} jour après une annulation.",
)
_LOGS = (
    "{log_days} jours. Ils ne contiennent ni nom, ni adresse, ni code, ni lien, ni contenu de document.",
)

ROWS: tuple[Row, ...] = (
    Row(
        "object", Place.BUCKET, "sealed/", "", About.YOUNG,
        "Son CV ou sa lettre, chiffrés, avec leur clé elle-même chiffrée",
        "Les remettre à l’entreprise qui peut l’accueillir",
        _DOCUMENTS, on_page=True, notice=_DOCUMENTS_TOLD, called="les documents",
    ),
    Row(
        "deposit", Place.RELAY, "deposit#", "0", About.YOUNG,
        "La fiche de l’envoi : à qui, quand, taille et empreinte des documents",
        "Savoir où en est l’envoi, et vérifier que ce qui arrive est ce qui a été envoyé",
        _REDUCED,
        record=Deposit, ends=lambda one, keep: keep.reduced_until(one.erased_at) if one.erased_at else None,
        called="la fiche de l’envoi",
    ),
    Row(
        "event", Place.PARCOURS, "parcours#", "event#", About.YOUNG,
        "L’historique de son passage, sous une référence tirée au hasard (par exemple CSF-7K3Q-92)",
        "Savoir où en est le parcours et à qui de jouer",
        _HISTORY, follows="attempt", on_page=True, notice=_HISTORY_TOLD,
    ),
    Row(
        "attempt", Place.PARCOURS, "parcours#", "attempt#", About.YOUNG,
        "La fiche du passage : sa référence, ses dates, qui le suit",
        "Rattacher l’historique à un passage",
        ("{retention_months} mois après la fin du passage.",),
        record=Attempt, ends=lambda one, keep: keep.history_until(one.ended_at) if one.ended_at else None,
        called="la fiche du passage",
    ),
    Row(
        "reference", Place.PARCOURS, "ref#", "0", About.YOUNG,
        "La référence du passage", "Qu’elle ne serve qu’une fois, et mène à son parcours",
        ("Autant que la fiche du passage.",), record=ReferenceKey, follows="attempt",
    ),
    Row(
        "appointment", Place.RELAY, "appointment#", "0", About.YOUNG,
        "Les dates proposées, le lieu ou l’adresse de visio d’un rendez-vous, et qui y est invité",
        "Fixer le rendez-vous et le rappeler la veille",
        _MEETING, record=Appointment, ends=lambda one, keep: one.erase_at, on_page=True,
    ),
    Row(
        "account", Place.PARCOURS, "account#", "0", About.AGENTS,
        "Nom, fonction, académie ou organisme, adresse et téléphone professionnels, absence annoncée",
        "Ouvrir un compte, et savoir qui suit chaque parcours",
        ("{retention_months} mois après la fermeture du compte ;", _UNUSED),
        record=Account, ends=forgetting.account_at, on_page=True, called="le compte",
    ),
    Row(
        "address", Place.PARCOURS, "address#", "0", About.AGENTS,
        "L’adresse d’un compte", "Trouver le compte à la connexion", ("Autant que le compte.",), follows="account",
    ),
    Row(
        "people", Place.PARCOURS, "people#", "", About.AGENTS,
        "Nom, fonction, adresse et organisme d’un compte, dans les listes de comptes", "Gérer les comptes",
        ("Autant que le compte.",), follows="account",
    ),
    Row(
        "organisation", Place.PARCOURS, "organisation#", "0", About.AGENTS,
        "Le chemin d’envoi choisi par un organisme acheteur", "Proposer ce chemin à chaque envoi",
        ("Jusqu’à ce que l’organisme n’ait plus ni compte ni marché : vérifié tous les {retention_months} mois.",),
        record=Organisation, ends=forgetting.organisation_at,
    ),
    Row(
        "session", Place.RELAY, "session#", "0", About.AGENTS,
        "Session ouverte sur un navigateur", "Rester connecté d’une page à l’autre",
        ("{session_idle_hours} heures sans rien faire, {session_hours} heures en tout.",),
        record=Session, ends=lambda one, keep: one.ends_at, on_page=True,
    ),
    Row(
        "browsers", Place.RELAY, "browsers#", "0", About.AGENTS,
        "L’empreinte d’un cookie que garde chaque navigateur où un compte s’est connecté",
        "Que personne d’autre n’épuise ses essais de connexion",
        ("{browser_days} jours après la dernière connexion.",),
        record=KnownBrowsers, ends=lambda one, keep: min(browser.ends_at for browser in one.browsers), on_page=True,
    ),
    Row(
        "challenge", Place.RELAY, "signin#", "0", About.AGENTS,
        "L’adresse tapée pour se connecter", "Vérifier le code reçu par messagerie", ("{code_minutes} minutes.",),
        record=Challenge, ends=lambda one, keep: one.expires_at,
    ),
    Row(
        "run", Place.RELAY, "running#", "", About.AGENTS,
        "Les parcours d’un RUN et ce qui y a été noté, jamais en combien de temps", "Reprendre le RUN où il en était",
        ("{run_hours} heures.",), record=Run, ends=lambda one, keep: one.ends_at,
    ),
    Row(
        "lease", Place.RELAY, "lease#", "0", About.AGENTS,
        "Quel compte traite un parcours dans un RUN", "Que deux personnes ne traitent pas le même parcours",
        ("{lease_hours} heures après le dernier geste.",),
        record=Lease, ends=lambda one, keep: one.until + LEASE_REMEMBERED,
    ),
    Row(
        "parcours", Place.PARCOURS, "parcours#", "head", About.COMPANY,
        _CONTACTS, "Joindre les personnes qui accueillent, et suivre les engagements du marché",
        _CONTRACT, record=Parcours, ends=forgetting.next_look, on_page=True, called="le marché",
    ),
    Row(
        "fact", Place.PARCOURS, "parcours#", "event#", About.COMPANY,
        "L’historique de l’offre hors de tout passage : déclarée, modifiée, retirée",
        "Suivre les engagements du marché", ("Autant que le marché.",), follows="parcours",
    ),
    Row(
        "view", Place.PARCOURS, "view#", "", About.COMPANY,
        "Entreprise, marché, étape et référence d’un parcours, dans les listes", "Lister et filtrer les parcours",
        ("Autant que le marché ; la référence, autant que le passage.",), follows="parcours",
    ),
    Row(
        "offer", Place.PARCOURS, "key#", "0", About.COMPANY,
        "L’empreinte d’une offre", "Qu’une offre ne soit pas déclarée deux fois", ("Autant que le marché.",),
        record=OfferKey, follows="parcours",
    ),
    Row(
        "link", Place.RELAY, "link#", "0", About.COMPANY,
        "Adresse à laquelle le lien est parti, nom et fonction de la personne à qui il a été transmis",
        "Vérifier qui ouvre, et recevoir sa réponse",
        _LINK, record=Link, ends=lambda one, keep: one.closes_at, on_page=True,
    ),
    Row(
        "pointer", Place.RELAY, "token#", "0", About.COMPANY,
        "L’empreinte d’un lien", "Reconnaître le lien",
        _AS_LINK, record=Pointer, ends=lambda one, keep: one.expires_at,
    ),
    Row(
        "proof", Place.RELAY, "link#", "proof#", About.COMPANY,
        "L’empreinte du navigateur qui a répondu à la question", "Que lui seul agisse sur le lien",
        ("{proof_hours} heures.",), record=Proof, ends=lambda one, keep: one.expires_at,
    ),
    Row(
        "tries", Place.RELAY, "link#", "tries", About.COMPANY,
        "Le nombre de mauvaises réponses données sur un lien", "Arrêter qui devine",
        _AS_LINK, record=Tries, ends=lambda one, keep: one.closes_at,
    ),
    Row(
        "mail", Place.RELAY, "mail#", "0", About.EVERYBODY,
        "Un message à envoyer : des numéros, ni adresse ni texte", "Qu’aucun message ne se perde",
        ("Jusqu’à son départ, {mail_hours} heures au plus.",), record=OutboxMail,
    ),
    Row(
        "count", Place.RELAY, "count#", "0", About.EVERYBODY,
        "Un compteur d’usages, sous une empreinte", "Limiter les abus", ("{counter_days} jour au plus.",),
    ),
    Row(
        "cursor", Place.RELAY, "sweep", "0", About.EVERYBODY,
        "L’endroit où en est la recherche de fichiers à effacer : un numéro d’envoi",
        "La reprendre une minute après", ("Jusqu’à la fin de la recherche.",), follows="object",
    ),
    Row(
        "delays", Place.PARCOURS, "delays#", "", About.EVERYBODY,
        "Des nombres de passages par durée : chaque mois, par académie, région, organisme, domaine et heures de stage",
        "Dire combien de temps les jeunes attendent",
        ("Sans limite : ce sont des nombres, montrés à partir de {fewest} passages.",), for_ever=True,
    ),
    Row(
        "logs", Place.LOGS, "", "", About.EVERYBODY,
        "Journaux techniques : l’heure, la page, le résultat", "Comprendre les pannes et les attaques",
        _LOGS, on_page=True,
    ),
    Row(
        "queue", Place.QUEUE, "", "", About.EVERYBODY,
        "Les événements qui ont échoué : des numéros d’envoi et de message", "Les reprendre", ("{queue_days} jours.",),
    ),
    Row(
        "backup", Place.BACKUP, "", "", About.EVERYBODY,
        "Sauvegarde de l’historique, des comptes et des contacts (jamais des documents ni des liens)",
        "Réparer une erreur ou une panne",
        ("{backup_days} jours : ce qui est effacé y reste encore ce temps-là.",), on_page=True,
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Row] = {row.name: row for row in ROWS}
OF: Mapping[type[Aggregate], Row] = {row.record: row for row in ROWS if row.record is not None}
"""The row of each class of records."""
