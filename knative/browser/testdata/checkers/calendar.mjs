// node calendar.mjs: what ical.js reads of iCalendars. Each line asked is one, as {"ics"}; each line answered is its events.
import { createInterface } from 'node:readline';
import ICAL from 'ical.js';

const time = (t) => (t.isDate ? t.toICALString() : `${t.convertToZone(ICAL.Timezone.utcTimezone).toICALString()}`);
for await (const line of createInterface({ input: process.stdin })) {
  const calendar = new ICAL.Component(ICAL.parse(JSON.parse(line).ics));
  const events = calendar.getAllSubcomponents('vevent').map((component) => {
    const event = new ICAL.Event(component, { strictExceptions: true });
    const said = (name) => component.getFirstPropertyValue(name);
    return {
      uid: event.uid, summary: event.summary ?? '', place: event.location ?? '', text: event.description ?? '', category: component.getFirstProperty('categories')?.getValues().join('|') ?? '',
      starts: time(event.startDate), ends: time(event.endDate), sequence: event.sequence, status: said('status'), modified: said('last-modified').toICALString(),
    };
  });
  console.log(JSON.stringify({ name: calendar.getFirstPropertyValue('x-wr-calname'), refresh: calendar.getFirstPropertyValue('refresh-interval')?.toString() ?? '', events }));
}
