"""An invented view for every mail template, the fullest of each: for the gallery of the local run, and for the tests of looks.

A template without its sample here is refused by a test.
"""

import os
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

from chalicelib.domain.documents.mailing import Occasion
from chalicelib.domain.kernel.parcours import How, Origin
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.meetings.slots import Slot
from chalicelib.mails import plain, views
from chalicelib.mails.letters import render_part
from chalicelib.mails.views import DatesAsked, Exact, NoticeFacts, Place, VideoAddress, View
from chalicelib.words import codes
from chalicelib.words import mails as words
from chalicelib.words.codes import MarketFacts
from chalicelib.words.mails import NOTICES, RETURNS
from chalicelib.words.weekly import TodoLine
from chalicelib.words.welcome import WelcomeLine

NOON = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
TOKEN = "q7Zt0mVxK3nE8rYb2LwSdP5hCfJ1uGaTo9XiRk6NvBM"  # noqa: S105 - opens nothing
SITE = "https://passe-plat.example"
os.environ.setdefault("PUBLIC_BASE_URL", SITE)  # which the foot of each mail names
OTHER_PAGE = f"{SITE}/retrait/#r{TOKEN[1:]}"
COMPANY_ADDRESS = "n.bellanger@morvenne.entreprise.example"
MARKET = MarketFacts(
    reference="CSF-7K3Q-92",
    marche="Espaces verts & <voirie>",
    lot="2",
    acheteur="Métropole du Val d’Orbe",
    entreprise="Jardins Morvenne",
    heures=300,
    lieu="Brévannes-le-Lac",
    taches="Tonte, taille",
)
PARCOURS = Exact(f"{SITE}/parcours/x")
EVERYTHING = Exact(f"{SITE}/parcours")
SIGN_IN = Exact(f"{SITE}/connexion")
PHONE = "03 80 11 22 33"
WHO = views.Person("Nadia Bellanger", Exact(COMPANY_ADDRESS), PHONE)
SENDER = views.Agent(
    name="Marie-Laure Estève",
    function="tutrice MLDS",
    academie="Valmarie",
    address=Exact("m.esteve@academie.example"),
    phone="06 12 34 56 78",
)
TEAM = views.Agent("Karim Solenne", Exact("k.solenne@csf.example"), function="équipe de la clause sociale")
OTHER_TUTOR = views.Agent("Anaïs Roumégas", Exact("autre@academie.example"), function="tutrice MLDS")
COORDINATOR = views.Agent("Claire Dumas", Exact("c.dumas@academie.example"), function="coordinatrice MLDS")
OTHER_CONTACT = views.Person("Nadia Bellanger", Exact("n.bellanger@menuiserie.example"), PHONE)
DECLARED = words.format_source(Origin(how=How.DECLARED, at=NOON, by=Role.BUYER))
CONTACT = views.ListedContact("Nadia <B>", "", "accueille")
LISTED = views.DigestLine(
    parcours=MARKET,
    act="choisissez une date",
    late="En retard de 3\u00a0jours",
    call=Exact(f"Nadia Bellanger, {PHONE}"),
    calls=True,
    ask="Avez-vous pu lire ses documents\u202f?",
    until=NOON,
    url=PARCOURS,
)
PAGE = views.RecipientPage(
    url=Exact(f"{SITE}/retrait/#{TOKEN}"),
    token=Exact(TOKEN),
    site=Exact(SITE),
    buys=False,
    passes=True,
    code=False,
    decline_url=Exact(f"{SITE}/retrait/#{TOKEN}.non"),
)
STREET = views.Place("4 rue des Peupliers, Brévannes-le-Lac", None)
CHANGED = views.ChangedContacts(
    MARKET, ("le contact «\u00a0accueille\u00a0» a changé d’adresse\u00a0: n•••@jardins.example",)
)
BY = views.Passer("Nadia Bellanger", Exact(COMPANY_ADDRESS))
BOTH = (Kind.CV, Kind.LETTER)
NUMBER = "DP-20261202-1412-7K3Q-M4XT2P"
DATES = (
    views.ProposedDate("mardi 8 décembre 2026, 14\u202fh (45 min)", None),
    views.ProposedDate("jeudi 10 décembre 2026, 9\u202fh\u202f30 (30 min)", None),
)


def returned(
    reason: Reason, *, dead: bool = True, other: views.Person | None = OTHER_CONTACT
) -> views.ReturnView:
    """Return the view of the notice that the mail of a link came back for this reason.

    ``dead``: the link stopped working; ``other``: another contact to write to, None when there is none.
    """
    view, row = failed(RETURNS[reason]), RETURNS[reason]
    todo = row.choose_todo(other is not None)
    return replace(view, other=other, why=codes.REASONS[reason].sentence, todo=todo, dead=dead)


def failed(row: words.Return) -> views.ReturnView:
    """Return the view of the notice that the mail of a link did not leave."""
    return views.ReturnView(
        parcours=MARKET,
        parcours_url=PARCOURS,
        recipient=Exact(COMPANY_ADDRESS),
        missed=WHO,
        title=row.title,
        opening=row.opening,
        todo=row.todo,
    )


LINK = views.LinkView(
    source=DECLARED,
    sender=SENDER,
    parcours=MARKET,
    greeted="Nadia Bellanger",
    kinds=(Kind.CV,),
    by=BY,
    page=PAGE,
    valid_until=NOON,
    answer_by=datetime(2026, 12, 2, 9, tzinfo=UTC),
    again=False,
)
REMINDER = views.ReminderView(
    source=DECLARED,
    sender=SENDER,
    parcours=MARKET,
    greeted="Nadia Bellanger",
    wrote="Je vous ai écrit",
    page=PAGE,
    valid_until=NOON,
)
SEVERAL_REMINDERS = views.SeveralRemindersView(
    source=DECLARED,
    greeted="Nadia Bellanger",
    reminders=(
        replace(REMINDER, sent_at=NOON),
        replace(
            REMINDER,
            sender=COORDINATOR,
            wrote="Claire Dumas vous a écrit",
            sent_at=NOON,
            opened=True,
            page=replace(PAGE, url=Exact(OTHER_PAGE), decline_url=Exact(OTHER_PAGE + ".non")),
        ),
    ),
    sender=None,
)
LOST_MESSAGE = views.LostMessageView(
    source=DECLARED,
    sender=SENDER,
    parcours=MARKET,
    greeted="Nadia Bellanger",
    wrote="Je vous ai écrit",
    mailed_on=date(2026, 11, 24),
    page=PAGE,
    opened=False,
    may_ask=True,
    valid_until=NOON,
)
OTHER_DATES = views.OtherDatesView(
    source=DECLARED,
    sender=SENDER,
    parcours=MARKET,
    greeted="Nadia Bellanger",
    why="Aucune de ces dates n’est possible pour le jeune.",
    page=PAGE,
)
END_TO_COMPANY = views.EndToCompanyView(
    source=DECLARED, sender=SENDER, parcours=MARKET, kinds=BOTH, buys=False, free=True, page=PAGE
)
REFUSAL = views.RefusalView(
    source=DECLARED, sender=SENDER, parcours=MARKET, kinds=BOTH, page=PAGE, is_declined=True
)
MEETING = views.MeetingView(
    source=DECLARED,
    parcours=MARKET,
    subject="Rendez-vous fixé",
    title="Rendez-vous fixé",
    lead="Le rendez-vous avec le jeune est fixé.",
    greeted="Nadia Bellanger",
    buys=False,
    accompanies=False,
    first=True,
    when="mardi 8 décembre 2026, 14\u202fh (45 min)",
    place=STREET,
    welcome=(
        WelcomeLine("Entrée", "à l’accueil"),
        WelcomeLine("Personne à demander", "Nadia Bellanger"),
        WelcomeLine("Ligne et arrêt", "Bus 34, arrêt Mairie"),
    ),
    cancelled=False,
    why="",
    awaited="",
    goes_on=True,
    page=PAGE,
    sender=SENDER,
    who=None,
    parcours_url=None,
)
SENDING = views.SendingView(
    parcours=MARKET,
    parcours_url=PARCOURS,
    who=WHO,
    by=BY,
    holder="Jeanne Roy",
    holder_function="accueil",
    alarm=False,
    recipient=Exact(COMPANY_ADDRESS),
    kinds=(Kind.CV,),
    at=NOON,
    valid_until=NOON,
)
SHORT = views.ShortNoticeView(
    parcours=MARKET,
    parcours_url=PARCOURS,
    title="L’entreprise n’a pas pu lire",
    lines=("Appelez-la.", "Les documents vivent encore."),
    act_label="Ouvrir le parcours",
    who=WHO,
)
END_TO_BUYER = views.EndToBuyerView(greeted="", parcours=MARKET, sent=True, free=True, parcours_url=PARCOURS)
CONTACTS_CHANGED = views.ContactsChangedView(by=TEAM, is_on_request=False, changed=(CHANGED,), url=PARCOURS)
CONTACT_CHECK = views.ContactCheckView(
    source=DECLARED,
    sender=SENDER,
    parcours=MARKET,
    greeted="",
    contacts=(CONTACT,),
    url=Exact(f"{PARCOURS}/contacts"),
)
CONTACT_CHECKS = views.ContactChecksView(
    source=DECLARED,
    greeted="",
    checks=tuple(
        replace(CONTACT_CHECK, done_by="Claire Roux (coordinatrice)", parcours=replace(MARKET, lot=lot))
        for lot in ("2", "5")
    ),
)
HANDED_AWAY = views.HandedAwayView(successor=OTHER_TUTOR, parcours=(MARKET,))
ASSIGNED = views.AssignedView(parcours=(MARKET,), assigner=COORDINATOR, url=PARCOURS)
ABSENCE_ENDED = views.AbsenceEndedView(away=SENDER, own=False, url=EVERYTHING)
ABSENCE = views.AbsenceView(
    away=OTHER_TUTOR,
    own=False,
    first=date(2026, 12, 8),
    last=date(2026, 12, 11),
    parcours=(MARKET, MARKET),
    url=EVERYTHING,
)
EVERY: tuple[views.View, ...] = (
    LINK,
    REMINDER,
    LOST_MESSAGE,
    OTHER_DATES,
    END_TO_COMPANY,
    REFUSAL,
    MEETING,
    SENDING,
    returned(Reason.NO_MAILBOX),
    SHORT,
    END_TO_BUYER,
    CONTACTS_CHANGED,
    HANDED_AWAY,
    views.ColleagueRefusalView(source=DECLARED, sender=SENDER, parcours=MARKET, kinds=BOTH, page=PAGE),
    views.ColleagueRefusalView(source=DECLARED, sender=SENDER, parcours=MARKET, kinds=(), page=PAGE),
    views.ColleagueRefusalView(
        source=DECLARED, sender=SENDER, parcours=MARKET, kinds=BOTH, page=PAGE, is_stopped=True
    ),
    CONTACT_CHECK,
    CONTACT_CHECKS,
    views.RefusedDocumentView(
        parcours=MARKET,
        parcours_url=PARCOURS,
        kind_label="lettre",
        reason="protégée",
        advice="Enregistrez-la sans mot de passe.",
    ),
    ASSIGNED,
    views.DatesView(parcours=MARKET, parcours_url=PARCOURS, who=WHO, dates=DATES, place=STREET),
    views.CodeView(code="3041 1827 6509", minutes=10),
    views.NoCodeView(sign_in_url=SIGN_IN),
    views.InvitationView(
        inviter=TEAM,
        roles="Tutrice ou tuteur",
        place="académie de Dijon",
        address=Exact("a@academie.example"),
        sign_in_url=SIGN_IN,
    ),
    views.UnusedAccountView(address=SENDER.address, erased_on=date(2027, 1, 2), sign_in_url=SIGN_IN),
    ABSENCE,
    ABSENCE_ENDED,
    views.ErasedView(
        erased=tuple(
            views.ErasedDocuments(MARKET, NOTICES[occasion].title, NOTICES[occasion].lines[-1])
            for occasion in (Occasion.EXPIRED, Occasion.EXPIRED_AFTER_OPENING)
        ),
        url=EVERYTHING,
    ),
    SEVERAL_REMINDERS,
    views.EntranceView(
        title="Une clé d’accès est ajoutée à votre compte",
        lines=("Elle ouvre votre compte sans code.", "Ce n’est pas vous ? Écrivez à l’aide."),
        own=True,
        url=EVERYTHING,
    ),
    views.TakingsStoppedView(tutor=OTHER_TUTOR, parcours_url=EVERYTHING),
    views.DigestView(
        yours=(LISTED,),
        calls=(LISTED,),
        expiring=(LISTED,),
        several=2,
        url=Exact(f"{EVERYTHING}?tour=moi"),
        todo=(
            TodoLine(
                "Envoyez les documents", "4\u00a0parcours, d’abord Toitures Arvel (en retard de 3\u00a0jours)"
            ),
            TodoLine("Choisissez une date", "Jardins Morvenne"),
        ),
        endings=(
            "Votre réservation chez Cuisines du Lac se termine le mardi 8\u00a0décembre. "
            "Sans envoi d’ici là, l’offre redevient libre.",
        ),
        confirming="Les contacts de Jardins Morvenne n’ont pas été vérifiés depuis longtemps. Un appel suffit.",
    ),
    views.RightsRequestView(
        source="",
        number=NUMBER,
        kind_label="faire corriger (rectification)",
        reference="CSF-7K3Q-92",
        correction="Mon adresse, c’est zoe@… et non zoé@…",
        who_label="un parent ou représentant légal",
        reply_address=Exact("parent@messagerie.example"),
        at=NOON,
        due_on=date(2027, 1, 2),
        again=True,
    ),
    views.RequestSettledView(source="", reference="CSF-7K3Q-92", at=NOON, goes_on=True),
    views.RequestSettledView(source="", reference="CSF-7K3Q-92", at=NOON, goes_on=False),
)
SAMPLES = {view.template: view for view in EVERY}


def every_message() -> dict[str, View]:
    """Return a view of every message that Passe-plat can send, by name: one for each template, then its other occasions."""
    return SAMPLES | _others() | _meetings() | _notices()


def text_of(view: View) -> str:
    """Return the text part of a message, which is made from its HTML."""
    return plain.extract_text(render_part(view, "body.html"))


def _others() -> dict[str, View]:
    """Return further samples of templates that say different things to different readers."""
    buyer, coded, second = (
        replace(PAGE, buys=True),
        replace(PAGE, code=True, decline_url=None),
        replace(PAGE, passes=False),
    )
    asked = DatesAsked(buys=False, written=True, call="")
    dates = replace(REMINDER, valid_until=None, asked=asked)
    return {
        "lien-de-nouveau": replace(LINK, again=True),
        "lien-acheteur": replace(LINK, page=buyer),
        "lien-code": replace(LINK, page=coded),
        "lien-second": replace(LINK, page=second),
        "rappel-acheteur": replace(REMINDER, page=buyer),
        "rappel-second": replace(REMINDER, page=second),
        "rappel-ouvert": replace(REMINDER, opened=True),
        "rappel-dates": dates,
        "rappel-sans-lien": replace(dates, page=None, asked=replace(asked, written=False)),
        "rappel-dates-acheteur": replace(
            dates, page=None, asked=replace(asked, buys=True, call=f"Nadia Bellanger, {PHONE}")
        ),
        "rappel-plusieurs-signe": replace(SEVERAL_REMINDERS, sender=SENDER),
        "rappel-autre-signature": replace(REMINDER, wrote="Claire Dumas vous a écrit"),
        "message-perdu-ouvert": replace(LOST_MESSAGE, opened=True, valid_until=None),
        "message-perdu-efface": replace(LOST_MESSAGE, valid_until=None),
        "message-perdu-refuse": replace(LOST_MESSAGE, may_ask=False, valid_until=None),
        "message-perdu-acheteur": replace(LOST_MESSAGE, page=buyer),
        "message-perdu-code": replace(LOST_MESSAGE, page=coded),
        "autres-dates-sans-lien": replace(OTHER_DATES, page=None),
        "avis-envoi-tutrice": replace(SENDING, by=None, alarm=True),
        "avis-envoi-accord": replace(SENDING, alarm=True),
        "lien-passe-acheteur": replace(
            LINK, by=replace(BY, buys=True, name="Odile Ramain", phone="01 40 00 00 00")
        ),
        "lien-premier": replace(LINK, by=None),
        "lien-a-soi": replace(LINK, by=replace(BY, is_reader=True)),
        "avis-retour-echec": failed(words.NOT_LEFT),
        "avis-retour-equipe": failed(words.NOT_FOR_TEAM),
        "avis-retour-peut-etre": failed(words.IN_DOUBT),
        "avis-retour-doute": returned(Reason.MAIL_UNCERTAIN, dead=False),
        "avis-retour-plein": returned(Reason.MAILBOX_FULL, dead=False),
        "avis-retour-indesirable": returned(Reason.MAIL_UNWANTED),
        "avis-retour-arrete": returned(Reason.MAIL_VIRUS, other=None),
        "avis-retour-personne": returned(Reason.NO_MAILBOX, other=None),
        "fin-entreprise-equipe": replace(END_TO_COMPANY, done_by="L’équipe"),
        "fin-entreprise-coordination": replace(END_TO_COMPANY, sender=COORDINATOR, in_place_of=SENDER.name),
        "fin-entreprise-acheteur": replace(END_TO_COMPANY, buys=True),
        "fin-entreprise-marche-termine": replace(END_TO_COMPANY, free=False),
        "fin-acheteur-sans-envoi": replace(
            END_TO_BUYER, source=DECLARED, sent=False, free=False, parcours_url=None
        ),
        "contacts-changes-soi": replace(CONTACTS_CHANGED, by=None, changed=(CHANGED, CHANGED)),
        "contacts-plusieurs-reponse": replace(
            CONTACT_CHECKS, checks=tuple(replace(check, url=None) for check in CONTACT_CHECKS.checks)
        ),
        "contacts-confie": replace(CONTACT_CHECK, done_by="L’équipe", url=None),
        "absence-soi": replace(ABSENCE, own=True),
        "absence-finie-soi": replace(ABSENCE_ENDED, own=True),
        "confie-plusieurs": replace(ASSIGNED, parcours=(MARKET, MARKET), url=EVERYTHING),
        "passe-a-plusieurs": replace(HANDED_AWAY, parcours=(MARKET, MARKET)),
        "absence-fermeture": replace(ABSENCE, last=None),
        "absence-votre-fermeture": replace(ABSENCE, last=None, own=True),
        "refus-annule": replace(REFUSAL, is_declined=False),
        "refus-sans-ouverture": replace(REFUSAL, kinds=()),
        "fin-entreprise-sans-ouverture": replace(END_TO_COMPANY, kinds=()),
    }


def _meetings() -> dict[str, View]:
    """Return the samples of mails about a meeting, one for each occasion."""
    samples: dict[str, View] = {}
    slot = Slot(start=datetime(2026, 12, 8, 13, tzinfo=UTC), minutes=45)
    former = datetime(2026, 12, 1, 13, tzinfo=UTC)
    for occasion, (_, lead) in words.MEETINGS.items():
        left = occasion == words.LEFT
        samples[f"rendez-vous-{occasion}"] = replace(
            MEETING,
            subject=words.format_meeting_subject(occasion, slot),
            title=words.format_meeting_title(occasion, slot, former),
            lead=lead.format(people="Odile Neuve remplace Nadia Bellanger."),
            cancelled=left or occasion == words.CANCELLED,
            why=words.format_cancellation(
                words.format_canceller(SENDER.name, SENDER.function), Reason.YOUNG_PERSON_ABSENT
            )
            if occasion == words.CANCELLED
            else "",
            awaited="À vous\u00a0: proposez des dates" if occasion == words.CANCELLED else "",
            first=occasion == words.FIXED,
            page=None if left else PAGE,
            when=None if left else MEETING.when,
        )
    host = "visio.morvenne.example"
    place = Place(words.AT_A_DISTANCE, VideoAddress(Exact(host), Exact(f"https://{host}/salle-3")))
    return samples | {"rendez-vous-a-distance": replace(MEETING, page=None, place=place)}


def _notices() -> dict[str, View]:
    """Return the samples of the notices that differ in words only."""
    notices = {code.value: notice for code, notice in NOTICES.items()}
    notices["unreadable-sender"] = NOTICES[Occasion.UNREADABLE].to_further_sender()
    facts = NoticeFacts(
        name="Hugo Tissier",
        address=Exact("h@autre.example"),
        also="plutôt",
        until=f"{NOON:%d/%m/%Y}",
        reason="Autre motif.",
    )
    return {
        f"avis-suite-{name.replace('_', '-')}": replace(
            SHORT,
            title=notice.title,
            lines=tuple(Exact(line.format(**asdict(facts))) for line in notice.lines),
            act_label=notice.act,
        )
        for name, notice in notices.items()
    }
