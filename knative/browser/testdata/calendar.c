/* calendar FILE: what libical reads of an iCalendar, a field to a line, an empty line behind each event. Compiled with -lical. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void field(const char *name, const char *value) {
    printf("%s ", name);
    for (const char *c = value ? value : ""; *c; c++) {
        if (*c == '\n') fputs("\\n", stdout); else if (*c == '\\') fputs("\\\\", stdout); else putchar(*c);
    }
    putchar('\n');
}

static const char *text(icalcomponent *event, icalproperty_kind kind) {
    icalproperty *property = icalcomponent_get_first_property(event, kind);
    return property ? icalvalue_get_text(icalproperty_get_value(property)) : "";
}

static void moment(const char *name, struct icaltimetype t) {
    if (!t.is_date) t = icaltime_convert_to_zone(t, icaltimezone_get_utc_timezone());
    field(name, icaltime_as_ical_string(t));
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 2;
    static char content[8 << 20];
    content[fread(content, 1, sizeof content - 1, file)] = 0;
    icalcomponent *calendar = icalparser_parse_string(content);
    if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT) return 1;
    icalcomponent_strip_errors(calendar);
    if (icalcomponent_count_errors(calendar)) return 1;
    for (icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); event; event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        char number[16];
        icalproperty *status = icalcomponent_get_first_property(event, ICAL_STATUS_PROPERTY);
        icalproperty *modified = icalcomponent_get_first_property(event, ICAL_LASTMODIFIED_PROPERTY);
        field("uid", icalcomponent_get_uid(event));
        field("summary", icalcomponent_get_summary(event));
        field("place", text(event, ICAL_LOCATION_PROPERTY));
        field("text", text(event, ICAL_DESCRIPTION_PROPERTY));
        field("category", text(event, ICAL_CATEGORIES_PROPERTY));
        moment("starts", icalcomponent_get_dtstart(event));
        moment("ends", icalcomponent_get_dtend(event));
        snprintf(number, sizeof number, "%d", icalcomponent_get_sequence(event));
        field("sequence", number);
        field("status", status ? icalproperty_status_to_string(icalproperty_get_status(status)) : "");
        if (modified) moment("modified", icalproperty_get_lastmodified(modified));
        putchar('\n');
    }
    return 0;
}
