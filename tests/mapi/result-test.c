/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mapi/result.h"

#include "base/error.h"

/* A second transcription of rows of spec/mailbox-layout.md, appendix D. */
static const struct {
    const char *name;
    guint32 value;
} sample[] = {
    { "MAPI_SUCCESS", 0 },
    { "MAPI_E_CALL_FAILED", 0x80004005u },
    { "MAPI_E_NOT_ENOUGH_MEMORY", 0x8007000eu },
    { "MAPI_E_INVALID_PARAMETER", 0x80070057u },
    { "MAPI_E_INTERFACE_NOT_SUPPORTED", 0x80004002u },
    { "MAPI_E_NO_ACCESS", 0x80070005u },
    { "MAPI_E_NO_SUPPORT", 0x80040102u },
    { "MAPI_E_INVALID_ENTRYID", 0x80040107u },
    { "MAPI_E_OBJECT_CHANGED", 0x80040109u },
    { "MAPI_E_OBJECT_DELETED", 0x8004010au },
    { "MAPI_E_NOT_FOUND", 0x8004010fu },
    { "MAPI_E_LOGON_FAILED", 0x80040111u },
    { "MAPI_E_COMPUTED", 0x8004011au },
    { "MAPI_E_CORRUPT_DATA", 0x8004011bu },
    { "MAPI_E_UNKNOWN_LCID", 0x8004011fu },
    { "MAPI_E_ACCOUNT_DISABLED", 0x80040124u },
    { "MAPI_W_NO_SERVICE", 0x00040203u },
    { "MAPI_E_UNEXPECTED_ID", 0x80040307u },
    { "MAPI_W_ERRORS_RETURNED", 0x00040380u },
    { "MAPI_E_INVALID_BOOKMARK", 0x80040405u },
    { "MAPI_W_APPROX_COUNT", 0x00040482u },
    { "MAPI_W_CANCEL_MESSAGE", 0x00040580u },
    { "MAPI_E_COLLISION", 0x80040604u },
    { "MAPI_E_SUBMITTED", 0x80040608u },
    { "MAPI_E_FOLDER_CYCLE", 0x8004060bu },
    { "MAPI_W_PARTIAL_COMPLETION", 0x00040680u },
    { "MAPI_E_AMBIGUOUS_RECIP", 0x80040700u },
    { "SYNC_E_CONFLICT", 0x80040802u },
    { "SYNC_W_CLIENT_CHANGE_NEWER", 0x00040821u },
};

static void
test_sample(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(sample); i++) {
        guint32 value = 1;
        g_assert_cmpstr(tw_mapi_result_name(sample[i].value), ==, sample[i].name);
        g_assert_true(tw_mapi_result_from_name(sample[i].name, &value));
        g_assert_cmphex(value, ==, sample[i].value);
        g_assert_true(tw_mapi_result_is_error(value) == (sample[i].name[5] == 'E'));
    }
}

static void
test_unique(void)
{
    static const guint32 values[] = {
#define VALUE(name, value) (value),
        TW_MAPI_RESULT_LIST(VALUE)
#undef VALUE
    };

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        for (guint j = i + 1; j < G_N_ELEMENTS(values); j++)
            g_assert_cmphex(values[i], !=, values[j]);
    }
}

/* Whatever the program answers a MAPI client with has a name. */
static void
test_every_outcome_has_a_name(void)
{
#define OUTCOME(name, mapi) g_assert_nonnull(tw_mapi_result_name(mapi));
    TW_ERROR_LIST(OUTCOME)
#undef OUTCOME
}

static void
test_unknown(void)
{
    guint32 value = 5;

    g_assert_null(tw_mapi_result_name(0x80040199u));
    g_assert_false(tw_mapi_result_from_name("MAPI_E_NO_SUCH", &value));
    g_assert_cmpuint(value, ==, 5);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/result/sample", test_sample);
    g_test_add_func("/result/unique", test_unique);
    g_test_add_func("/result/every-outcome-has-a-name", test_every_outcome_has_a_name);
    g_test_add_func("/result/unknown", test_unknown);
    return g_test_run();
}
