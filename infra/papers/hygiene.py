"""The 42 measures of ANSSI's hygiene guide (version 2, 2017): where this product is, in our own words."""

from enum import StrEnum
from typing import NamedTuple

from infra.papers.measures import MEASURES, Measure


class State(StrEnum):
    """What can be said of one measure."""

    MET = "tenue"
    OWNER = "à votre charge"
    PARTLY = "tenue en partie"
    NOT_MET = "non tenue"


class Line(NamedTuple):
    """One measure of the guide."""

    number: int
    subject: str
    state: State
    why: str
    held_by: tuple[str, ...] = ()
    """Names of our own measures."""
    asked: str = ""
    """What the owner says of it in the stage's file, by name."""

    @property
    def measures(self) -> list[Measure]:
        """Our measures that hold it."""
        return [MEASURES[name] for name in self.held_by]


HYGIENE = (
    Line(1, "Former qui exploite", State.OWNER, "Le manuel d’astreinte et les guides sont fournis ; la formation est la vôtre.", asked="training"),
    Line(2, "Sensibiliser qui utilise", State.OWNER, "L’aide et les pages disent les gestes ; la sensibilisation des agents est la vôtre.", asked="training"),
    Line(3, "Tenir les risques de l’infogérance", State.OWNER, "Voir la note d’hébergement et les clauses de sous-traitance.", asked="processor_contract"),
    Line(4, "Connaître ce qui est sensible, tenir un schéma", State.MET, "Le registre et l’architecture de ce dossier sont calculés du fichier du déploiement et du code ; rien n’est lu du compte.", ("registre",)),
    Line(5, "Tenir la liste des comptes à privilèges", State.OWNER, "Les rôles des programmes sont connus et éprouvés ; les personnes qui administrent le compte le sont de vous.", ("roles",), "administrators"),
    Line(6, "Arrivées, départs, changements de poste", State.PARTLY, "L’équipe ouvre, change et ferme les comptes ; un compte sans usage s’efface après {idle_months}. Prévenir d’un départ est à vous.", ("droits",)),
    Line(7, "N’admettre que des équipements connus", State.OWNER, "Le service est ouvert sur Internet à qui a une adresse inscrite ; les postes sont les vôtres.", (), "workstations"),
    Line(8, "Identifier chaque personne, séparer les rôles", State.MET, "Un compte par adresse professionnelle, des rôles séparés, pas de compte partagé par le produit.", ("droits", "connexion")),
    Line(9, "Donner les bons droits", State.MET, "Une table dit qui voit et qui fait quoi ; chaque ligne est essayée.", ("droits", "roles")),
    Line(10, "Règles de mots de passe", State.MET, "Il n’y en a pas : un code à usage unique, ses essais comptés.", ("connexion",)),
    Line(11, "Protéger les mots de passe gardés", State.MET, "Il n’y en a pas. Un code n’est pas gardé : KMS le refait. D’une session, seule l’empreinte l’est.", ("connexion",)),
    Line(12, "Changer ce qui est livré par défaut", State.MET, "Aucun secret n’est livré : les clés naissent dans le compte au premier déploiement.", ("cles",)),
    Line(13, "Authentification forte", State.PARTLY, "Une clé d’accès, demandée à l’équipe et à la coordination, offerte aux autres ; ProConnect s’il est réglé. Sans eux, un seul facteur, la boîte de messagerie. Un compte n’ouvre pas de document.", ("connexion",)),
    Line(14, "Niveau minimal des postes", State.OWNER, "Hors du produit.", (), "workstations"),
    Line(15, "Supports amovibles", State.OWNER, "Le produit n’en lit aucun ; les PDF viennent des postes.", (), "workstations"),
    Line(16, "Gestion centralisée des postes", State.OWNER, "Hors du produit.", (), "workstations"),
    Line(17, "Pare-feu des postes", State.OWNER, "Hors du produit.", (), "workstations"),
    Line(18, "Chiffrer ce qui passe par Internet", State.MET, "TLS 1.2 au moins, exigé par le stockage aussi ; les documents sont en plus scellés dans le navigateur.", ("scelle", "pages")),
    Line(19, "Cloisonner le réseau", State.PARTLY, "Pas de réseau privé : chaque programme est isolé et n’a que ses droits. Le cloisonnement est celui des rôles, non d’adresses.", ("roles",)),
    Line(20, "Wi-Fi", State.OWNER, "Hors du produit.", (), "workstations"),
    Line(21, "Protocoles sûrs", State.MET, "HTTPS et en-têtes stricts ; les messages partent par TLS exigé.", ("pages", "messages")),
    Line(22, "Passerelle vers Internet", State.OWNER, "Les programmes n’appellent qu’AWS ; la passerelle des postes est la vôtre.", (), "workstations"),
    Line(23, "Séparer ce qui est visible d’Internet", State.MET, "Seul le programme des pages répond à Internet ; ceux qui ouvrent, envoient et effacent n’ont pas d’adresse publique.", ("roles",)),
    Line(24, "Protéger la messagerie", State.PARTLY, "Le déploiement donne les enregistrements DKIM, SPF et DMARC à poser dans votre DNS ; la boîte du destinataire et celle des agents ne sont pas à nous.", ("messages",), "workstations"),
    Line(25, "Liaisons avec des partenaires", State.MET, "Il n’y en a pas : le produit n’appelle que les services de son hébergeur.", ("roles",)),
    Line(26, "Locaux techniques", State.OWNER, "Ceux de l’hébergeur, par son contrat et ses attestations.", (), "processor_review"),
    Line(27, "Pas d’Internet sur les postes d’administration", State.OWNER, "L’administration passe par l’interface de l’hébergeur, depuis vos postes.", (), "administrators"),
    Line(28, "Réseau d’administration à part", State.OWNER, "Même réponse : rien dans le produit n’impose d’où l’on administre.", (), "administrators"),
    Line(29, "Peu de droits d’administration", State.PARTLY, "Le produit n’a pas de compte d’administration permanent ; toucher un verrou est signalé. Les droits des personnes sont les vôtres.", ("alarmes", "trace"), "administrators"),
    Line(30, "Sécurité physique des portables", State.OWNER, "Hors du produit.", (), "workstations"),
    Line(31, "Chiffrer ce qui peut se perdre", State.PARTLY, "Ce que le produit garde est chiffré au repos ; le PDF d’origine reste sur le poste de la personne qui suit.", ("scelle", "cles"), "workstations"),
    Line(32, "Connexion en déplacement", State.OWNER, "HTTPS partout ; la règle pour vos agents est la vôtre.", (), "workstations"),
    Line(33, "Terminaux mobiles", State.OWNER, "Les pages marchent sur un téléphone ; la règle est la vôtre.", (), "workstations"),
    Line(34, "Politique de mise à jour", State.PARTLY, "Les versions sont figées et inventoriées. L’éditeur ne promet pas de délai ; celui de l’exploitant :", ("dependances",), "updates"),
    Line(35, "Anticiper la fin de vie des composants", State.PARTLY, "La note d’hébergement compte ce que coûterait un départ ; la fin de maintenance de Python est notée dans la fabrication du paquet.", ("dependances",)),
    Line(36, "Journaux des composants importants", State.MET, "Chaque programme et la passerelle écrivent, sans donnée de personne, gardés {log_days} ; la trace d’administration, {trail_days} ; qui a fait quoi, {audit_months}.", ("journaux", "trace", "releve")),
    Line(37, "Sauvegardes", State.PARTLY, "Ce qui se suit est sauvegardé en continu, {backup_days}. La sauvegarde est dans le même compte ; l’exercice réel est le vôtre.", ("sauvegarde",), "restoration_exercise"),
    Line(38, "Audits réguliers", State.PARTLY, "Des protections sont ôtées tour à tour, et un test doit le voir. Un audit par un tiers est à faire faire :", ("roles", "alarmes"), "penetration_test"),
    Line(39, "Un référent connu", State.OWNER, "Le désigner est à vous :", (), "security_officer"),
    Line(40, "Procédure d’incident", State.PARTLY, "Le manuel d’astreinte a une page par alarme et une pour une violation de données ; la chaîne de déclaration de votre organisme est à y relier.", ("alarmes", "violation"), "incident_contacts"),
    Line(41, "Analyse de risques formelle", State.PARTLY, "L’analyse d’impact couvre les risques pour les personnes ; une analyse EBIOS Risk Manager n’a pas été menée.",),
    Line(42, "Produits et services qualifiés", State.NOT_MET, "L’hébergement n’est pas qualifié SecNumCloud, et aucun composant n’est qualifié. Voir la note d’hébergement.",),
)  # fmt: skip
"""In the order of the guide."""
