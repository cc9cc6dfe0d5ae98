/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of spec/mailbox-layout.md 2.2 and appendix B and the ids of spec/mapi-soap.md 18. */
#include "mapi/named.h"

#include <string.h>

#include "base/error.h"
#include "mapi/proptype.h"

static TwNamedProp
lid_name(TwPropSet set, guint32 lid)
{
    return (TwNamedProp){ .set = *tw_prop_set_guid(set), .lid = lid };
}

static TwNamedProp
string_name(TwPropSet set, const char *text)
{
    return (TwNamedProp){ .set = *tw_prop_set_guid(set), .name = text };
}

static const struct {
    TwKnownName which;
    const char *canonical;
    TwPropSet set;
    guint32 lid;
    const char *text;
    guint16 type;
} sample[] = {
    { TW_PidLidReminderSet, "PidLidReminderSet", TW_PROP_SET_COMMON, 0x8503, NULL, 0x000b },
    { TW_PidLidReminderDelta, "PidLidReminderDelta", TW_PROP_SET_COMMON, 0x8501, NULL, 0x0003 },
    { TW_PidLidPrivate, "PidLidPrivate", TW_PROP_SET_COMMON, 0x8506, NULL, 0x000b },
    { TW_PidLidSideEffects, "PidLidSideEffects", TW_PROP_SET_COMMON, 0x8510, NULL, 0x0003 },
    { TW_PidLidCommonStart, "PidLidCommonStart", TW_PROP_SET_COMMON, 0x8516, NULL, 0x0040 },
    { TW_PidLidCompanies, "PidLidCompanies", TW_PROP_SET_COMMON, 0x8539, NULL, 0x101f },
    { TW_PidLidReminderSignalTime, "PidLidReminderSignalTime", TW_PROP_SET_COMMON, 0x8560, NULL,
      0x0040 },
    { TW_PidLidBusyStatus, "PidLidBusyStatus", TW_PROP_SET_APPOINTMENT, 0x8205, NULL, 0x0003 },
    { TW_PidLidLocation, "PidLidLocation", TW_PROP_SET_APPOINTMENT, 0x8208, NULL, 0x001f },
    { TW_PidLidAppointmentStartWhole, "PidLidAppointmentStartWhole", TW_PROP_SET_APPOINTMENT,
      0x820d, NULL, 0x0040 },
    { TW_PidLidAppointmentRecur, "PidLidAppointmentRecur", TW_PROP_SET_APPOINTMENT, 0x8216, NULL,
      0x0102 },
    { TW_PidLidTimeZoneStruct, "PidLidTimeZoneStruct", TW_PROP_SET_APPOINTMENT, 0x8233, NULL,
      0x0102 },
    { TW_PidLidTaskStatus, "PidLidTaskStatus", TW_PROP_SET_TASK, 0x8101, NULL, 0x0003 },
    { TW_PidLidPercentComplete, "PidLidPercentComplete", TW_PROP_SET_TASK, 0x8102, NULL, 0x0005 },
    { TW_PidLidTaskRecurrence, "PidLidTaskRecurrence", TW_PROP_SET_TASK, 0x8116, NULL, 0x0102 },
    { TW_PidLidFileUnder, "PidLidFileUnder", TW_PROP_SET_ADDRESS, 0x8005, NULL, 0x001f },
    { TW_PidLidEmail1EmailAddress, "PidLidEmail1EmailAddress", TW_PROP_SET_ADDRESS, 0x8083, NULL,
      0x001f },
    { TW_PidLidDistributionListMembers, "PidLidDistributionListMembers", TW_PROP_SET_ADDRESS,
      0x8055, NULL, 0x1102 },
    { TW_PidLidGlobalObjectId, "PidLidGlobalObjectId", TW_PROP_SET_MEETING, 0x0003, NULL, 0x0102 },
    { TW_PidLidCleanGlobalObjectId, "PidLidCleanGlobalObjectId", TW_PROP_SET_MEETING, 0x0023, NULL,
      0x0102 },
    { TW_PidLidLogType, "PidLidLogType", TW_PROP_SET_LOG, 0x8700, NULL, 0x001f },
    { TW_PidLidNoteColor, "PidLidNoteColor", TW_PROP_SET_NOTE, 0x8b00, NULL, 0x0003 },
    { TW_PidLidPostRssItemLink, "PidLidPostRssItemLink", TW_PROP_SET_POST_RSS, 0x8901, NULL,
      0x001f },
    { TW_PidLidSharingSyncFlags, "PidLidSharingSyncFlags", TW_PROP_SET_SHARING, 0x8a60, NULL,
      0x0003 },
    { TW_PidLidClientIntent, "PidLidClientIntent", TW_PROP_SET_CALENDAR_ASSISTANT, 0x0015, NULL,
      0x0003 },
    { TW_PidLidRemoteTransport, "PidLidRemoteTransport", TW_PROP_SET_REMOTE, 0x8f03, NULL, 0x001e },
    { TW_NameImapEnvelope, "NameImapEnvelope", TW_PROP_SET_IMAP, 1, NULL, 0x001f },
    { TW_NameCaldavFolderId, "NameCaldavFolderId", TW_PROP_SET_CALDAV, 26, NULL, 0x001f },
    { TW_PidNameKeywords, "PidNameKeywords", TW_PROP_SET_PUBLIC_STRINGS, 0, "Keywords", 0x101f },
    { TW_PidNameContentClass, "PidNameContentClass", TW_PROP_SET_INTERNET_HEADERS, 0,
      "Content-Class", 0x001f },
    { TW_NameArchiveStubbed, "NameArchiveStubbed", TW_PROP_SET_ARCHIVE, 0, "stubbed", 0x000b },
    { TW_NameArchiveStoreEntryIds, "NameArchiveStoreEntryIds", TW_PROP_SET_ARCHIVE, 0,
      "store-entryids", 0x1102 },
};

static void
test_sample(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(sample); i++) {
        TwNamedProp want = sample[i].text != NULL ? string_name(sample[i].set, sample[i].text)
                                                  : lid_name(sample[i].set, sample[i].lid);
        TwNamedProp got = tw_known_name(sample[i].which);
        g_autofree char *text = tw_named_prop_to_string(&want);
        TwKnownName found;

        g_test_message("%s", sample[i].canonical);
        g_assert_true(tw_named_prop_equal(&want, &got));
        g_assert_cmphex(tw_known_name_type(sample[i].which), ==, sample[i].type);
        g_assert_cmpstr(tw_known_name_canonical(sample[i].which), ==, sample[i].canonical);
        g_assert_cmpstr(text, ==, sample[i].canonical);
        g_assert_true(tw_known_name_find(&want, &found));
        g_assert_cmpint(found, ==, sample[i].which);
        g_assert_true(
            tw_known_name_from_canonical(sample[i].canonical, strlen(sample[i].canonical), &found));
        g_assert_cmpint(found, ==, sample[i].which);
    }
}

static void
test_sets(void)
{
    static const struct {
        TwPropSet set;
        const char *guid, *name;
    } cases[] = {
        { TW_PROP_SET_MAPI, "00020328-0000-0000-C000-000000000046", "PS_MAPI" },
        { TW_PROP_SET_PUBLIC_STRINGS, "00020329-0000-0000-C000-000000000046", "PS_PUBLIC_STRINGS" },
        { TW_PROP_SET_INTERNET_HEADERS, "00020386-0000-0000-C000-000000000046",
          "PS_INTERNET_HEADERS" },
        { TW_PROP_SET_APPOINTMENT, "00062002-0000-0000-C000-000000000046", "PSETID_Appointment" },
        { TW_PROP_SET_TASK, "00062003-0000-0000-C000-000000000046", "PSETID_Task" },
        { TW_PROP_SET_ADDRESS, "00062004-0000-0000-C000-000000000046", "PSETID_Address" },
        { TW_PROP_SET_COMMON, "00062008-0000-0000-C000-000000000046", "PSETID_Common" },
        { TW_PROP_SET_LOG, "0006200A-0000-0000-C000-000000000046", "PSETID_Log" },
        { TW_PROP_SET_SET_0006200B, "0006200B-0000-0000-C000-000000000046", "Outlook 0006200B" },
        { TW_PROP_SET_NOTE, "0006200E-0000-0000-C000-000000000046", "PSETID_Note" },
        { TW_PROP_SET_REPORT, "00062013-0000-0000-C000-000000000046", "PSETID_Report" },
        { TW_PROP_SET_REMOTE, "00062014-0000-0000-C000-000000000046", "PSETID_Remote" },
        { TW_PROP_SET_SHARING, "00062040-0000-0000-C000-000000000046", "PSETID_Sharing" },
        { TW_PROP_SET_POST_RSS, "00062041-0000-0000-C000-000000000046", "PSETID_PostRss" },
        { TW_PROP_SET_MEETING, "6ED8DA90-450B-101B-98DA-00AA003F1305", "PSETID_Meeting" },
        { TW_PROP_SET_CALENDAR_ASSISTANT, "11000E07-B51B-40D6-AF21-CAA85EDAB1D0",
          "PSETID_CalendarAssistant" },
        { TW_PROP_SET_AIR_SYNC, "71035549-0739-4DCB-9163-00F0580DBBDF", "PSETID_AirSync" },
        { TW_PROP_SET_UNIFIED_MESSAGING, "4442858E-A9E3-4E80-B900-317A210CC15B",
          "PSETID_UnifiedMessaging" },
        { TW_PROP_SET_MESSAGING, "41F28F13-83F4-4114-A584-EEDB5A6B0BFF", "PSETID_Messaging" },
        { TW_PROP_SET_ATTACHMENT, "96357F7F-59E1-47D0-99A7-46515C183B54", "PSETID_Attachment" },
        { TW_PROP_SET_XML_EXTRACTED_ENTITIES, "23239608-685D-4732-9C55-4C95CB4E8E33",
          "PSETID_XmlExtractedEntities" },
        { TW_PROP_SET_ARCHIVE, "72E98EBC-57D2-4AB5-B0AA-D50A7B531CB9", "Kopano archive" },
        { TW_PROP_SET_CALDAV, "77536087-CB81-4DC9-9958-EA4C51BE3486", "Kopano CalDAV" },
        { TW_PROP_SET_GENERAL, "63AED8C8-4049-4B75-BC88-96DF9D723F2F", "Kopano general" },
        { TW_PROP_SET_MIGRATION, "8ACDBF85-4738-4DC4-94A9-D489A83E5C41", "Kopano migration" },
        { TW_PROP_SET_IMAP, "00F5F108-8E3F-46C7-AF72-5E201C2349E7", "Kopano IMAP" },
        { TW_PROP_SET_CONTACT_FOLDER_RECIPIENT, "0AAA42FE-C718-101A-E885-0B651C240000",
          "Kopano contact-folder recipient" },
    };

    g_assert_cmpuint(G_N_ELEMENTS(cases), ==, TW_PROP_SET_COUNT); /* no set without its row */
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwGuid guid;
        g_assert_true(tw_guid_parse(cases[i].guid, strlen(cases[i].guid), &guid));
        g_assert_true(tw_guid_equal(&guid, tw_prop_set_guid(cases[i].set)));
        g_assert_cmpstr(tw_prop_set_name(&guid), ==, cases[i].name);
    }
    for (guint i = 0; i < TW_PROP_SET_COUNT; i++) {
        for (guint j = i + 1; j < TW_PROP_SET_COUNT; j++)
            g_assert_false(tw_guid_equal(tw_prop_set_guid(i), tw_prop_set_guid(j)));
    }
}

/* Every row is found by itself, canonical names are single, types exist. One string has two canonical names. */
static void
test_all_rows(void)
{
    guint twice = 0;

    g_assert_cmpuint(TW_KNOWN_NAME_COUNT, ==, 411 + 160);
    for (guint i = 0; i < TW_KNOWN_NAME_COUNT; i++) {
        TwNamedProp name = tw_known_name(i);
        const char *canonical = tw_known_name_canonical(i);
        TwKnownName found;

        g_assert_nonnull(tw_prop_type_info(tw_known_name_type(i)));
        g_assert_true(tw_named_prop_check(&name, NULL));
        g_assert_true(tw_known_name_from_canonical(canonical, strlen(canonical), &found));
        g_assert_cmpuint(found, ==, i);
        g_assert_true(tw_known_name_find(&name, &found));
        twice += found != i;
    }
    g_assert_cmpuint(twice, ==, 1);
}

static void
test_equality(void)
{
    TwNamedProp upper = string_name(TW_PROP_SET_PUBLIC_STRINGS, "Keywords"),
                lower = string_name(TW_PROP_SET_PUBLIC_STRINGS, "keywords"),
                other = string_name(TW_PROP_SET_INTERNET_HEADERS, "Keywords"),
                number = lid_name(TW_PROP_SET_PUBLIC_STRINGS, 0);
    g_autofree TwNamedProp *copy = tw_named_prop_copy(&upper);
    TwKnownName found;

    g_assert_true(tw_named_prop_equal(&upper, copy));
    g_assert_true(upper.name != copy->name);
    g_assert_cmpuint(tw_named_prop_hash(&upper), ==, tw_named_prop_hash(copy));
    g_assert_false(tw_named_prop_equal(&upper, &lower));
    g_assert_false(tw_named_prop_equal(&upper, &other));
    g_assert_false(tw_named_prop_equal(&upper, &number));
    g_assert_false(tw_known_name_find(&lower, &found));
}

static void
test_to_string(void)
{
    TwNamedProp text = string_name(TW_PROP_SET_PUBLIC_STRINGS, "nobody knows"),
                number = lid_name(TW_PROP_SET_COMMON, 0x85ff);
    g_autofree char *a = tw_named_prop_to_string(&text), *b = tw_named_prop_to_string(&number);

    g_assert_cmpstr(a, ==, "{00020329-0000-0000-C000-000000000046}:nobody knows");
    g_assert_cmpstr(b, ==, "{00062008-0000-0000-C000-000000000046}:0x85FF");
}

static void
test_fixed_ids(void)
{
    static const struct {
        TwPropSet set;
        guint32 lid;
        guint16 id;
    } cases[] = {
        { TW_PROP_SET_APPOINTMENT, 0x8200, 0x8000 },
        { TW_PROP_SET_APPOINTMENT, 0x826f, 0x806f },
        { TW_PROP_SET_APPOINTMENT, 0x8270, 0 },
        { TW_PROP_SET_APPOINTMENT, 0x81ff, 0 },
        { TW_PROP_SET_TASK, 0x8100, 0x8070 },
        { TW_PROP_SET_TASK, 0x813f, 0x80af },
        { TW_PROP_SET_ADDRESS, 0x8000, 0x80b0 },
        { TW_PROP_SET_ADDRESS, 0x80ef, 0x819f },
        { TW_PROP_SET_COMMON, 0x8500, 0x81a0 },
        { TW_PROP_SET_COMMON, 0x85ff, 0x829f },
        { TW_PROP_SET_COMMON, 0x1000, 0 },
        { TW_PROP_SET_LOG, 0x8700, 0x82a0 },
        { TW_PROP_SET_LOG, 0x871f, 0x82bf },
        { TW_PROP_SET_SET_0006200B, 0x8800, 0x82c0 },
        { TW_PROP_SET_SET_0006200B, 0x881f, 0x82df },
        { TW_PROP_SET_NOTE, 0x8b00, 0x82e0 },
        { TW_PROP_SET_NOTE, 0x8b1f, 0x82ff },
        { TW_PROP_SET_REPORT, 0x8d00, 0x8300 },
        { TW_PROP_SET_REPORT, 0x8d1f, 0x831f },
        { TW_PROP_SET_REMOTE, 0x8f00, 0x8320 },
        { TW_PROP_SET_REMOTE, 0x8f1f, 0x833f },
        { TW_PROP_SET_MEETING, 0x0000, 0x8340 },
        { TW_PROP_SET_MEETING, 0x003f, 0x837f },
        { TW_PROP_SET_MEETING, 0x0040, 0 },
        { TW_PROP_SET_GENERAL, 0x0002, 0x8380 },
        { TW_PROP_SET_GENERAL, 0x0001, 0 },
        { TW_PROP_SET_MAPI, 0x0037, 0x0037 },
        { TW_PROP_SET_MAPI, 0x8000, 0 },
        { TW_PROP_SET_SHARING, 0x8a00, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TwNamedProp name = lid_name(cases[i].set, cases[i].lid), back;
        g_test_message("%s %04x", tw_prop_set_name(&name.set), cases[i].lid);
        g_assert_cmphex(tw_named_prop_fixed_id(&name), ==, cases[i].id);
        if (cases[i].id != 0) {
            g_assert_true(tw_named_prop_from_fixed_id(cases[i].id, &back));
            g_assert_true(tw_named_prop_equal(&name, &back));
        }
    }
}

/* Of all ids, those below 0x8500 that have a name lead back to themselves, and nothing above has one. */
static void
test_fixed_ids_all(void)
{
    guint fixed = 0;

    g_assert_cmphex(TW_NAMED_FIRST_ID, ==, 0x8500);
    g_assert_cmpuint(TW_NAMED_MAX_NUMBER, ==, 31485);
    for (guint id = 0; id <= 0xffff; id++) {
        TwNamedProp name;
        if (!tw_named_prop_from_fixed_id((guint16) id, &name))
            continue;
        g_assert_cmphex(tw_named_prop_fixed_id(&name), ==, id);
        g_assert_cmphex(id, <, TW_NAMED_FIRST_ID);
        fixed += id >= 0x8000;
    }
    g_assert_cmpuint(fixed, ==, 0x381);
}

static void
test_check(void)
{
    g_autofree char *longest = g_strnfill(TW_NAMED_MAX_NAME, 'n'),
                    *too_long = g_strnfill(TW_NAMED_MAX_NAME + 1, 'n');
    TwNamedProp name = string_name(TW_PROP_SET_PUBLIC_STRINGS, longest);
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_named_prop_check(&name, &error));
    name.name = too_long;
    g_assert_false(tw_named_prop_check(&name, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
    g_clear_error(&error);
    name.name = "";
    g_assert_false(tw_named_prop_check(&name, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
    g_clear_error(&error);
    name.name = "\xff";
    g_assert_false(tw_named_prop_check(&name, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_INVALID);
}

static void
test_map(void)
{
    g_autoptr(TwNameMap) map = tw_name_map_new();
    g_autoptr(GError) error = NULL;
    TwNamedProp names[] = {
        string_name(TW_PROP_SET_PUBLIC_STRINGS, "one"),
        tw_known_name(TW_PidLidReminderSet),
        string_name(TW_PROP_SET_PUBLIC_STRINGS, "ONE"),
        lid_name(TW_PROP_SET_SHARING, 0x8a00),
    };
    guint16 ids[G_N_ELEMENTS(names)], again[G_N_ELEMENTS(names)];
    TwNamedProp back;

    g_assert_true(tw_name_map_get_ids(map, names, G_N_ELEMENTS(names), FALSE, ids, &error));
    g_assert_cmphex(ids[0], ==, 0);
    g_assert_cmphex(ids[1], ==, 0x81a3);
    g_assert_true(tw_name_map_get_ids(map, names, G_N_ELEMENTS(names), TRUE, ids, &error));
    g_assert_cmphex(ids[0], ==, 0x8501);
    g_assert_cmphex(ids[1], ==, 0x81a3);
    g_assert_cmphex(ids[2], ==, 0x8502);
    g_assert_cmphex(ids[3], ==, 0x8503);
    g_assert_true(tw_name_map_get_ids(map, names, G_N_ELEMENTS(names), TRUE, again, &error));
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_cmphex(ids[i], ==, again[i]);
        g_assert_true(tw_name_map_get_name(map, ids[i], &back, &error));
        g_assert_true(tw_named_prop_equal(&names[i], &back));
    }
    g_assert_false(tw_name_map_get_name(map, 0x8504, &back, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(tw_name_map_get_name(map, 0x8500, &back, &error));
    g_assert_error(error, TW_ERROR, TW_ERROR_NOT_FOUND);
}

static void
test_map_full(void)
{
    g_autoptr(TwNameMap) map = tw_name_map_new();
    g_autoptr(GError) error = NULL;
    guint16 id = 0;

    for (guint32 i = 0; i < TW_NAMED_MAX_NUMBER; i++) {
        TwNamedProp name = lid_name(TW_PROP_SET_SHARING, i);
        g_assert_true(tw_name_map_get_ids(map, &name, 1, TRUE, &id, &error));
    }
    g_assert_cmphex(id, ==, 0xfffd);
    for (guint32 i = 0; i < 2; i++) {
        TwNamedProp name = lid_name(TW_PROP_SET_SHARING, TW_NAMED_MAX_NUMBER + i);
        id = 9;
        g_assert_false(tw_name_map_get_ids(map, &name, 1, TRUE, &id, &error));
        g_assert_error(error, TW_ERROR, TW_ERROR_TOO_BIG);
        g_assert_cmpuint(id, ==, 9);
        g_clear_error(&error);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/named/sample", test_sample);
    g_test_add_func("/mailbox-layout/2.2/sets", test_sets);
    g_test_add_func("/named/all-rows", test_all_rows);
    g_test_add_func("/named/equality", test_equality);
    g_test_add_func("/named/to-string", test_to_string);
    g_test_add_func("/mailbox-layout/2.2/fixed-ids", test_fixed_ids);
    g_test_add_func("/mailbox-layout/2.2/fixed-ids-all", test_fixed_ids_all);
    g_test_add_func("/named/check", test_check);
    g_test_add_func("/named/map", test_map);
    g_test_add_func("/named/map-full", test_map_full);
    return g_test_run();
}
