// Reads invitations with ical.js, which Thunderbird and Nextcloud use: texts as a JSON list on stdin, what they say on stdout.
import { readFileSync } from "node:fs";
import ICAL from "./ical-2.2.1.min.mjs";

function read(text) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  const events = calendar.getAllSubcomponents("vevent");
  if (events.length !== 1) throw new Error(`${events.length} events`);
  const [event] = events;
  const value = (name) => event.getFirstPropertyValue(name);
  const instant = (name) => value(name).convertToZone(ICAL.Timezone.utcTimezone).toString();
  const people = event.getAllProperties("attendee").map((one) => [one.getFirstValue(), one.getFirstParameter("cn") ?? ""]);
  return {
    method: calendar.getFirstPropertyValue("method"),
    uid: value("uid"),
    sequence: value("sequence"),
    status: value("status"),
    stamp: instant("dtstamp"),
    start: instant("dtstart"),
    end: instant("dtend"),
    summary: value("summary"),
    location: value("location"),
    description: value("description"),
    url: value("url"),
    counter: value("x-microsoft-disallow-counter"),
    organizer: value("organizer"),
    people,
  };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
