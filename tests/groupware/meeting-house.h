/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An organiser, an attendee and a room, for tests of meetings: what happens to them, and what their calendars say then. */
#pragma once

#include "groupware/mailbox.h"
#include "groupware/meetings.h"
#include "session/world.h"

#define TICKS(unix_s) (TW_TICKS_SECOND * ((unix_s) + G_GINT64_CONSTANT(11644473600)))
#define NOW TICKS(1767225600)   /* 2026-01-01 00:00 UTC */
#define START TICKS(1770091200) /* Tuesday, 2026-02-03 04:00 UTC */
#define HOUR (60 * TW_TICKS_MINUTE)
#define MAIL(from, method, lines)                                                                  \
    "From: " from "@example.org\r\nTo: x@example.org\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\n"   \
    "Content-Type: text/calendar; method=" method "\r\n\r\n"                                       \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nMETHOD:" method "\r\n"                    \
    "BEGIN:VEVENT\r\nUID:lunch@x\r\nSUMMARY:Lunch\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define ANN "ORGANIZER:mailto:ann@example.org\r\n"
#define BOB "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org\r\n"
#define AT(start, hours)                                                                           \
    "DTSTART:20260203T" start "0000Z\r\nDURATION:PT" hours "H\r\nDTSTAMP:20260101T000000Z\r\n"
#define EVENT(lines)                                                                               \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\nUID:lunch@x\r\n"          \
    "SUMMARY:Lunch\r\n" lines "END:VEVENT\r\nEND:VCALENDAR\r\n"

#define SERIES                                                                                     \
    "DTSTART:20260203T040000Z\r\nDURATION:PT1H\r\nDTSTAMP:20260101T000000Z\r\n"                    \
    "RRULE:FREQ=WEEKLY;COUNT=4\r\n"

typedef struct {
    WorldUser user;
    TwMailboxFolders folders;
} Person;

typedef struct {
    World world;
    TwSession *system;
    Person ann, bob, room;
    gint64 now;
} House;

/* What is done with requests to somebody. */
void set_meeting(House *house, const Person *person, guint flags, guint capacity);
/* Ann, Bob and a room. */
void house_open(House *house);
void house_close(House *house);
/* As the server opens it. */
TwMeetings open_mailbox(House *house, const Person *person);
/* Somebody gets a mail. */
TwMeetingsResult get_mail(House *house, const Person *person, const char *mail);
/* What a door does with the item; @text NULL deletes it. How many messages were sent. */
guint put(House *house, const Person *person, const char *text);
/* Items of a folder. */
guint count_items(House *house, const Person *person, TwLayoutFolderKey folder);
/* "start+hours state/response/busy sN subject": the item of the meeting; "-": there is none. */
char *look(House *house, const Person *person);
/* look() says that. */
void expect(House *house, const Person *person, const char *wanted);
/* What somebody answered, by the organiser's item; @day -1: of the whole. */
guint status_of(House *house, const char *address, gint64 day);
/* What waits to be sent. */
guint count_queued(House *house, const Person *person);
