/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of spec/mailbox-layout.md, appendix A: a sample written a second time by hand from the public MAPI headers'
 * numbers, and rules that hold for all of them. */
#include "mapi/tags.h"

#include <string.h>

typedef struct {
    const char *name;
    guint32 tag;
    guint32 constant;
} Case;

#define CASE(name, tag)                                                                            \
    {                                                                                              \
#        name, (tag), (guint32) name                                                               \
    }

static const Case sample[] = {
    CASE(PR_AUTO_FORWARDED, 0x0005000bu),
    CASE(PR_DEFERRED_DELIVERY_TIME, 0x000f0040u),
    CASE(PR_EXPIRY_TIME, 0x00150040u),
    CASE(PR_IMPORTANCE, 0x00170003u),
    CASE(PR_MESSAGE_CLASS, 0x001a001fu),
    CASE(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, 0x0023000bu),
    CASE(PR_PRIORITY, 0x00260003u),
    CASE(PR_READ_RECEIPT_REQUESTED, 0x0029000bu),
    CASE(PR_SENSITIVITY, 0x00360003u),
    CASE(PR_SUBJECT, 0x0037001fu),
    CASE(PR_CLIENT_SUBMIT_TIME, 0x00390040u),
    CASE(PR_SENT_REPRESENTING_SEARCH_KEY, 0x003b0102u),
    CASE(PR_SUBJECT_PREFIX, 0x003d001fu),
    CASE(PR_RECEIVED_BY_ENTRYID, 0x003f0102u),
    CASE(PR_SENT_REPRESENTING_NAME, 0x0042001fu),
    CASE(PR_REPLY_RECIPIENT_ENTRIES, 0x004f0102u),
    CASE(PR_MESSAGE_TO_ME, 0x0057000bu),
    CASE(PR_START_DATE, 0x00600040u),
    CASE(PR_END_DATE, 0x00610040u),
    CASE(PR_OWNER_APPT_ID, 0x00620003u),
    CASE(PR_RESPONSE_REQUESTED, 0x0063000bu),
    CASE(PR_SENT_REPRESENTING_ADDRTYPE, 0x0064001fu),
    CASE(PR_CONVERSATION_TOPIC, 0x0070001fu),
    CASE(PR_CONVERSATION_INDEX, 0x00710102u),
    CASE(PR_TRANSPORT_MESSAGE_HEADERS, 0x007d001fu),
    CASE(PR_NDR_REASON_CODE, 0x0c040003u),
    CASE(PR_RECIPIENT_TYPE, 0x0c150003u),
    CASE(PR_REPLY_REQUESTED, 0x0c17000bu),
    CASE(PR_SENDER_ENTRYID, 0x0c190102u),
    CASE(PR_SENDER_NAME, 0x0c1a001fu),
    CASE(PR_SENDER_SEARCH_KEY, 0x0c1d0102u),
    CASE(PR_SENDER_ADDRTYPE, 0x0c1e001fu),
    CASE(PR_SENDER_EMAIL_ADDRESS, 0x0c1f001fu),
    CASE(PR_DELETE_AFTER_SUBMIT, 0x0e01000bu),
    CASE(PR_DISPLAY_BCC, 0x0e02001fu),
    CASE(PR_DISPLAY_CC, 0x0e03001fu),
    CASE(PR_DISPLAY_TO, 0x0e04001fu),
    CASE(PR_MESSAGE_DELIVERY_TIME, 0x0e060040u),
    CASE(PR_MESSAGE_FLAGS, 0x0e070003u),
    CASE(PR_MESSAGE_SIZE, 0x0e080003u),
    CASE(PR_MESSAGE_SIZE_EXTENDED, 0x0e080014u),
    CASE(PR_PARENT_ENTRYID, 0x0e090102u),
    CASE(PR_SENTMAIL_ENTRYID, 0x0e0a0102u),
    CASE(PR_MESSAGE_RECIPIENTS, 0x0e12000du),
    CASE(PR_MESSAGE_ATTACHMENTS, 0x0e13000du),
    CASE(PR_SUBMIT_FLAGS, 0x0e140003u),
    CASE(PR_MSG_STATUS, 0x0e170003u),
    CASE(PR_HASATTACH, 0x0e1b000bu),
    CASE(PR_NORMALIZED_SUBJECT, 0x0e1d001fu),
    CASE(PR_RTF_IN_SYNC, 0x0e1f000bu),
    CASE(PR_ATTACH_SIZE, 0x0e200003u),
    CASE(PR_ATTACH_NUM, 0x0e210003u),
    CASE(PR_ACCESS, 0x0ff40003u),
    CASE(PR_ROW_TYPE, 0x0ff50003u),
    CASE(PR_INSTANCE_KEY, 0x0ff60102u),
    CASE(PR_ACCESS_LEVEL, 0x0ff70003u),
    CASE(PR_MAPPING_SIGNATURE, 0x0ff80102u),
    CASE(PR_RECORD_KEY, 0x0ff90102u),
    CASE(PR_STORE_RECORD_KEY, 0x0ffa0102u),
    CASE(PR_STORE_ENTRYID, 0x0ffb0102u),
    CASE(PR_OBJECT_TYPE, 0x0ffe0003u),
    CASE(PR_ENTRYID, 0x0fff0102u),
    CASE(PR_BODY, 0x1000001fu),
    CASE(PR_RTF_COMPRESSED, 0x10090102u),
    CASE(PR_HTML, 0x10130102u),
    CASE(PR_BODY_HTML, 0x1013001fu),
    CASE(PR_INTERNET_MESSAGE_ID, 0x1035001fu),
    CASE(PR_INTERNET_REFERENCES, 0x1039001fu),
    CASE(PR_CONVERSATION_ID, 0x30130102u),
    CASE(PR_CONVERSATION_INDEX_TRACKING, 0x3016000bu),
    CASE(PR_FID, 0x67480014u),
    CASE(PR_MID, 0x674a0014u),
    CASE(PR_IN_REPLY_TO_ID, 0x1042001fu),
    CASE(PR_ICON_INDEX, 0x10800003u),
    CASE(PR_LAST_VERB_EXECUTED, 0x10810003u),
    CASE(PR_FLAG_STATUS, 0x10900003u),
    CASE(PR_ATTR_HIDDEN, 0x10f4000bu),
    CASE(PR_ROWID, 0x30000003u),
    CASE(PR_DISPLAY_NAME, 0x3001001fu),
    CASE(PR_ADDRTYPE, 0x3002001fu),
    CASE(PR_EMAIL_ADDRESS, 0x3003001fu),
    CASE(PR_COMMENT, 0x3004001fu),
    CASE(PR_DEPTH, 0x30050003u),
    CASE(PR_CREATION_TIME, 0x30070040u),
    CASE(PR_LAST_MODIFICATION_TIME, 0x30080040u),
    CASE(PR_SEARCH_KEY, 0x300b0102u),
    CASE(PR_STORE_SUPPORT_MASK, 0x340d0003u),
    CASE(PR_MDB_PROVIDER, 0x34140102u),
    CASE(PR_VALID_FOLDER_MASK, 0x35df0003u),
    CASE(PR_IPM_SUBTREE_ENTRYID, 0x35e00102u),
    CASE(PR_IPM_OUTBOX_ENTRYID, 0x35e20102u),
    CASE(PR_IPM_WASTEBASKET_ENTRYID, 0x35e30102u),
    CASE(PR_IPM_SENTMAIL_ENTRYID, 0x35e40102u),
    CASE(PR_VIEWS_ENTRYID, 0x35e50102u),
    CASE(PR_COMMON_VIEWS_ENTRYID, 0x35e60102u),
    CASE(PR_FINDER_ENTRYID, 0x35e70102u),
    CASE(PR_CONTAINER_FLAGS, 0x36000003u),
    CASE(PR_FOLDER_TYPE, 0x36010003u),
    CASE(PR_CONTENT_COUNT, 0x36020003u),
    CASE(PR_CONTENT_UNREAD, 0x36030003u),
    CASE(PR_SUBFOLDERS, 0x360a000bu),
    CASE(PR_CONTAINER_CLASS, 0x3613001fu),
    CASE(PR_IPM_APPOINTMENT_ENTRYID, 0x36d00102u),
    CASE(PR_IPM_CONTACT_ENTRYID, 0x36d10102u),
    CASE(PR_IPM_DRAFTS_ENTRYID, 0x36d70102u),
    CASE(PR_ADDITIONAL_REN_ENTRYIDS, 0x36d81102u),
    CASE(PR_FREEBUSY_ENTRYIDS, 0x36e41102u),
    CASE(PR_ATTACH_DATA_BIN, 0x37010102u),
    CASE(PR_ATTACH_DATA_OBJ, 0x3701000du),
    CASE(PR_ATTACH_ENCODING, 0x37020102u),
    CASE(PR_ATTACH_EXTENSION, 0x3703001fu),
    CASE(PR_ATTACH_FILENAME, 0x3704001fu),
    CASE(PR_ATTACH_METHOD, 0x37050003u),
    CASE(PR_ATTACH_LONG_FILENAME, 0x3707001fu),
    CASE(PR_RENDERING_POSITION, 0x370b0003u),
    CASE(PR_ATTACH_MIME_TAG, 0x370e001fu),
    CASE(PR_ATTACH_CONTENT_ID, 0x3712001fu),
    CASE(PR_DISPLAY_TYPE, 0x39000003u),
    CASE(PR_SMTP_ADDRESS, 0x39fe001fu),
    CASE(PR_ACCOUNT, 0x3a00001fu),
    CASE(PR_GIVEN_NAME, 0x3a06001fu),
    CASE(PR_BUSINESS_TELEPHONE_NUMBER, 0x3a08001fu),
    CASE(PR_SURNAME, 0x3a11001fu),
    CASE(PR_COMPANY_NAME, 0x3a16001fu),
    CASE(PR_TITLE, 0x3a17001fu),
    CASE(PR_SEND_RICH_INFO, 0x3a40000bu),
    CASE(PR_INTERNET_CPID, 0x3fde0003u),
    CASE(PR_MESSAGE_LOCALE_ID, 0x3ff10003u),
    CASE(PR_CREATOR_NAME, 0x3ff8001fu),
    CASE(PR_MESSAGE_CODEPAGE, 0x3ffd0003u),
    CASE(PR_INETMAIL_OVERRIDE_FORMAT, 0x59020003u),
    CASE(PR_RECIPIENT_TRACKSTATUS, 0x5fff0003u),
    CASE(PR_SOURCE_KEY, 0x65e00102u),
    CASE(PR_PARENT_SOURCE_KEY, 0x65e10102u),
    CASE(PR_CHANGE_KEY, 0x65e20102u),
    CASE(PR_PREDECESSOR_CHANGE_LIST, 0x65e30102u),
    CASE(PR_RULE_ID, 0x66740014u),
    CASE(PR_LONGTERM_ENTRYID_FROM_TABLE, 0x66700102u),
    CASE(PR_EC_HIERARCHYID, 0x67110003u),
    CASE(PR_EC_STOREGUID, 0x67120102u),
    CASE(PR_EC_STORETYPE, 0x67140003u),
    CASE(PR_EC_QUOTA_MAIL_TIME, 0x67200040u),
    CASE(PR_QUOTA_WARNING_THRESHOLD, 0x67210003u),
    CASE(PR_EC_MESSAGE_BCC_ME, 0x6725000bu),
    CASE(PR_EC_OUTOFOFFICE, 0x6760000bu),
    CASE(PR_EC_OUTOFOFFICE_MSG, 0x6761001fu),
    CASE(PR_EC_OUTOFOFFICE_FROM, 0x67630040u),
    CASE(PR_EC_OUTGOING_FLAGS, 0x67800003u),
    CASE(PR_EC_IMAP_ID, 0x67820003u),
    CASE(PR_EC_SENDAS_USER_ENTRYIDS, 0x67831102u),
    CASE(PR_EC_IMAP_SUBSCRIBED, 0x67840102u),
    CASE(PR_EC_IMAP_MAX_ID, 0x67850003u),
    CASE(PR_EC_IMAP_EMAIL, 0x678c0102u),
    CASE(PR_EC_IMAP_EMAIL_SIZE, 0x678d0003u),
    CASE(PR_EC_AB_HIDDEN, 0x67a7000bu),
    CASE(PR_EC_ENABLED_FEATURES, 0x67b3101fu),
    CASE(PR_EC_ARCHIVE_SERVERS, 0x67c4101fu),
    CASE(PR_SCHDINFO_DELEGATE_NAMES, 0x6844101fu),
    CASE(PR_SCHDINFO_DELEGATE_ENTRYIDS, 0x68451102u),
    CASE(PR_EMS_AB_PROXY_ADDRESSES, 0x800f101fu),
    CASE(PR_EMS_AB_MANAGER, 0x8005001fu),
    CASE(PR_EMS_AB_MANAGER_O, 0x8005000du),
};

static void
test_sample(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(sample); i++) {
        const TwTagInfo *row = tw_tag_info(sample[i].tag);
        guint32 tag = 0;

        g_assert_cmphex(sample[i].constant, ==, sample[i].tag);
        g_assert_nonnull(row);
        g_assert_true(tw_tag_from_name(sample[i].name, strlen(sample[i].name), &tag));
        g_assert_cmphex(tag, ==, sample[i].tag);
    }
}

/* Rows and ids in each of the table's ranges; counted in the specification, not in the lists. */
static void
test_counts(void)
{
    static const struct {
        guint first, last, ids;
    } ranges[] = {
        { 0x0000, 0x0bff, 124 }, { 0x0c00, 0x0dff, 34 },  { 0x0e00, 0x0fff, 121 },
        { 0x1000, 0x2fff, 66 },  { 0x3000, 0x33ff, 37 },  { 0x3400, 0x35ff, 25 },
        { 0x3600, 0x36ff, 46 },  { 0x3700, 0x38ff, 35 },  { 0x3900, 0x3cff, 94 },
        { 0x3d00, 0x3fff, 117 }, { 0x4000, 0x57ff, 54 },  { 0x5800, 0x5fff, 15 },
        { 0x6000, 0x65ff, 31 },  { 0x6600, 0x67ff, 311 }, { 0x6800, 0x7bff, 53 },
        { 0x7c00, 0x7fff, 29 },  { 0x8000, 0xffff, 72 },
    };
    gsize count;
    const TwTagInfo *rows = tw_tag_list(&count);
    guint total = 0;

    g_assert_cmpuint(count, ==, 1449);
    for (guint i = 0; i < G_N_ELEMENTS(ranges); i++) {
        guint ids = 0;
        for (guint id = ranges[i].first; id <= ranges[i].last; id++)
            ids += tw_tag_info_by_id(id, NULL) != NULL;
        g_test_message("%04x-%04x: %u ids", ranges[i].first, ranges[i].last, ids);
        total += ids;
        g_assert_cmpuint(ids, ==, ranges[i].ids);
    }
    g_assert_cmpuint(total, ==, 1264);
    g_assert_cmpstr(rows[0].name, ==, "PR_NULL");
}

static void
test_all_rows(void)
{
    gsize count;
    const TwTagInfo *rows = tw_tag_list(&count);
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (gsize i = 0; i < count; i++) {
        guint type = tw_prop_tag_base_type(rows[i].tag);
        const TwTagInfo *found = tw_tag_info(rows[i].tag);

        g_assert_true(g_str_has_prefix(rows[i].name, "PR_"));
        g_assert_true(g_hash_table_add(names, g_strdup(rows[i].name)));
        g_assert_nonnull(tw_prop_type_info(type));
        g_assert_nonnull(found);
        g_assert_cmphex(tw_prop_tag_to_unicode(found->tag), ==,
                        tw_prop_tag_to_unicode(rows[i].tag));
        if (type != TW_PT_UNSPECIFIED && type != TW_PT_OBJECT)
            g_assert_true(tw_prop_tag_is_storable(rows[i].tag));
        if (i > 0)
            g_assert_cmpuint(tw_prop_tag_id(rows[i].tag), >=, tw_prop_tag_id(rows[i - 1].tag));
    }
}

/* Every name and canonical name leads back to its row, and what is printed reads back. */
static void
test_names_both_ways(void)
{
    gsize count;
    const TwTagInfo *rows = tw_tag_list(&count);

    for (gsize i = 0; i < count; i++) {
        g_autofree char *text = tw_tag_to_string(rows[i].tag);
        guint32 tag = 1;

        g_assert_true(tw_tag_from_name(rows[i].name, strlen(rows[i].name), &tag));
        g_assert_cmphex(tag, ==, rows[i].tag);
        g_assert_true(tw_tag_from_name(text, strlen(text), &tag));
        g_assert_cmphex(tag, ==, rows[i].tag);
        if (rows[i].canonical != NULL) {
            g_autofree char *pid = g_strconcat("PidTag", rows[i].canonical, NULL);
            g_assert_true(tw_tag_from_name(pid, strlen(pid), &tag));
            g_assert_cmphex(tag, ==, rows[i].tag);
        }
    }
}

static void
test_from_name(void)
{
    static const struct {
        const char *text;
        gboolean ok;
        guint32 tag;
    } cases[] = {
        { "PR_SUBJECT", TRUE, 0x0037001fu },
        { "pr_subject_a", TRUE, 0x0037001eu },
        { "PR_SUBJECT_W", TRUE, 0x0037001fu },
        { "PR_EMS_AB_PROXY_ADDRESSES_A", TRUE, 0x800f101eu },
        { "PidTagSentRepresentingName", TRUE, 0x0042001fu },
        { "PidTagReceivedRepresentingName", TRUE, 0x0044001fu },
        { "0x0037001F", TRUE, 0x0037001fu },
        { "0037001e", TRUE, 0x0037001eu },
        { "0x37001F", FALSE, 0 },
        { "PR_IMPORTANCE_A", FALSE, 0 },
        { "PR_", FALSE, 0 },
        { "PR_NO_SUCH_THING", FALSE, 0 },
        { "SUBJECT", FALSE, 0 },
        { "", FALSE, 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize len = strlen(cases[i].text);
        g_autofree char *input = g_memdup2(cases[i].text, len);
        guint32 tag = 7;

        g_test_message("%s", cases[i].text);
        g_assert_true(tw_tag_from_name(input, len, &tag) == cases[i].ok);
        g_assert_cmphex(tag, ==, cases[i].ok ? cases[i].tag : 7);
    }
}

static void
test_to_string(void)
{
    g_autofree char *ansi = tw_tag_to_string(0x0037001eu);
    g_autofree char *named = tw_tag_to_string(0x9012001fu);
    g_autofree char *other = tw_tag_to_string(0x00370003u);

    g_assert_cmpstr(ansi, ==, "PR_SUBJECT_A");
    g_assert_cmpstr(named, ==, "0x9012001F");
    g_assert_cmpstr(other, ==, "0x00370003");
}

static void
test_ranges(void)
{
    g_assert_true(tw_prop_id_is_computed(0x0e00) && tw_prop_id_is_computed(0x0fff));
    g_assert_false(tw_prop_id_is_computed(0x0dff) || tw_prop_id_is_computed(0x1000));
    g_assert_true(tw_prop_id_is_provider_internal(0x6000) &&
                  tw_prop_id_is_provider_internal(0x67ff));
    g_assert_false(tw_prop_id_is_provider_internal(0x5fff) ||
                   tw_prop_id_is_provider_internal(0x6800));
    g_assert_true(tw_prop_id_is_server_private(0x6700) && tw_prop_id_is_server_private(0x67ff));
    g_assert_false(tw_prop_id_is_server_private(0x66ff) || tw_prop_id_is_server_private(0x6800));
    g_assert_true(tw_prop_id_is_class_specific(0x6800) && tw_prop_id_is_class_specific(0x7fff));
    g_assert_false(tw_prop_id_is_class_specific(0x67ff) || tw_prop_id_is_class_specific(0x8000));
    g_assert_cmphex(tw_prop_tag_to_unicode(0x0037001eu), ==, 0x0037001fu);
    g_assert_cmphex(tw_prop_tag_to_unicode(0x0037101eu), ==, 0x0037101fu);
    g_assert_cmphex(tw_prop_tag_to_unicode(0x00370003u), ==, 0x00370003u);
    g_assert_cmphex(tw_prop_tag_to_unicode(0x001e0102u), ==, 0x001e0102u);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tags/sample", test_sample);
    g_test_add_func("/tags/counts", test_counts);
    g_test_add_func("/tags/all-rows", test_all_rows);
    g_test_add_func("/tags/names-both-ways", test_names_both_ways);
    g_test_add_func("/tags/from-name", test_from_name);
    g_test_add_func("/tags/to-string", test_to_string);
    g_test_add_func("/tags/ranges", test_ranges);
    return g_test_run();
}
