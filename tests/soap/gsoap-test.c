/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * gSOAP as a judge: soapcpp2 makes a codec of wire.gsoap, which was written from the specification. What we write, it reads
 * and writes again in its own way, and we read that. Each call, both ways, at random.
 */
#include "base/error.h"
#include "soap/random-record.h"
#include "soap/soap.h"

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
#include "soapH.h"
#include "wire.nsmap"
G_GNUC_END_IGNORE_DEPRECATIONS

/* clang-format off */
/* Each row: call, its name as soapcpp2 spells it, its structure of the response. */
#define CALLS(X) \
    X(LOGON, logon, logonResponse) \
    X(SSO_LOGON, ssoLogon, ssoLogonResponse) \
    X(GET_STORE, getStore, getStoreResponse) \
    X(GET_STORE_NAME, getStoreName, getStoreNameResponse) \
    X(GET_STORE_TYPE, getStoreType, getStoreTypeResponse) \
    X(GET_PUBLIC_STORE, getPublicStore, getStoreResponse) \
    X(LOGOFF, logoff, ns__logoffResponse) \
    X(GET_RIGHTS, getRights, rightsResponse) \
    X(SET_RIGHTS, setRights, ns__setRightsResponse) \
    X(LOAD_PROP, loadProp, loadPropResponse) \
    X(SAVE_OBJECT, saveObject, loadObjectResponse) \
    X(LOAD_OBJECT, loadObject, loadObjectResponse) \
    X(CREATE_FOLDER, createFolder, createFolderResponse) \
    X(CREATE_FOLDERS, create_folders, create_folders_response) \
    X(DELETE_OBJECTS, deleteObjects, ns__deleteObjectsResponse) \
    X(COPY_OBJECTS, copyObjects, ns__copyObjectsResponse) \
    X(EMPTY_FOLDER, emptyFolder, ns__emptyFolderResponse) \
    X(DELETE_FOLDER, deleteFolder, ns__deleteFolderResponse) \
    X(COPY_FOLDER, copyFolder, ns__copyFolderResponse) \
    X(SET_READ_FLAGS, setReadFlags, ns__setReadFlagsResponse) \
    X(SET_RECEIVE_FOLDER, setReceiveFolder, ns__setReceiveFolderResponse) \
    X(GET_RECEIVE_FOLDER, getReceiveFolder, receiveFolderResponse) \
    X(GET_RECEIVE_FOLDER_TABLE, getReceiveFolderTable, receiveFolderTableResponse) \
    X(GET_MESSAGE_STATUS, getMessageStatus, messageStatus) \
    X(SET_MESSAGE_STATUS, setMessageStatus, messageStatus) \
    X(GET_IDS_FROM_NAMES, getIDsFromNames, getIDsFromNamesResponse) \
    X(GET_NAMES_FROM_IDS, getNamesFromIDs, getNamesFromIDsResponse) \
    X(NOTIFY, notify, ns__notifyResponse) \
    X(NOTIFY_SUBSCRIBE, notifySubscribe, ns__notifySubscribeResponse) \
    X(NOTIFY_SUBSCRIBE_MULTI, notifySubscribeMulti, ns__notifySubscribeMultiResponse) \
    X(NOTIFY_UN_SUBSCRIBE, notifyUnSubscribe, ns__notifyUnSubscribeResponse) \
    X(NOTIFY_UN_SUBSCRIBE_MULTI, notifyUnSubscribeMulti, ns__notifyUnSubscribeMultiResponse) \
    X(NOTIFY_GET_ITEMS, notifyGetItems, notifyResponse) \
    X(TABLE_OPEN, tableOpen, tableOpenResponse) \
    X(TABLE_CLOSE, tableClose, ns__tableCloseResponse) \
    X(TABLE_SET_COLUMNS, tableSetColumns, ns__tableSetColumnsResponse) \
    X(TABLE_QUERY_COLUMNS, tableQueryColumns, tableQueryColumnsResponse) \
    X(TABLE_SORT, tableSort, ns__tableSortResponse) \
    X(TABLE_RESTRICT, tableRestrict, ns__tableRestrictResponse) \
    X(TABLE_GET_ROW_COUNT, tableGetRowCount, tableGetRowCountResponse) \
    X(TABLE_QUERY_ROWS, tableQueryRows, tableQueryRowsResponse) \
    X(TABLE_FIND_ROW, tableFindRow, ns__tableFindRowResponse) \
    X(TABLE_SEEK_ROW, tableSeekRow, tableSeekRowResponse) \
    X(TABLE_CREATE_BOOKMARK, tableCreateBookmark, tableBookmarkResponse) \
    X(TABLE_FREE_BOOKMARK, tableFreeBookmark, ns__tableFreeBookmarkResponse) \
    X(TABLE_SET_SEARCH_CRITERIA, tableSetSearchCriteria, ns__tableSetSearchCriteriaResponse) \
    X(TABLE_GET_SEARCH_CRITERIA, tableGetSearchCriteria, tableGetSearchCriteriaResponse) \
    X(TABLE_EXPAND_ROW, tableExpandRow, tableExpandRowResponse) \
    X(TABLE_COLLAPSE_ROW, tableCollapseRow, tableCollapseRowResponse) \
    X(TABLE_GET_COLLAPSE_STATE, tableGetCollapseState, tableGetCollapseStateResponse) \
    X(TABLE_SET_COLLAPSE_STATE, tableSetCollapseState, tableSetCollapseStateResponse) \
    X(TABLE_MULTI, tableMulti, tableMultiResponse) \
    X(SUBMIT_MESSAGE, submitMessage, ns__submitMessageResponse) \
    X(FINISHED_MESSAGE, finishedMessage, ns__finishedMessageResponse) \
    X(ABORT_SUBMIT, abortSubmit, ns__abortSubmitResponse) \
    X(RESOLVE_STORE, resolveStore, resolveUserStoreResponse) \
    X(RESOLVE_USER_STORE, resolveUserStore, resolveUserStoreResponse) \
    X(CREATE_USER, createUser, setUserResponse) \
    X(DELETE_USER, deleteUser, ns__deleteUserResponse) \
    X(REMOVE_ALL_OBJECTS, removeAllObjects, ns__removeAllObjectsResponse) \
    X(GET_USER, getUser, getUserResponse) \
    X(SET_USER, setUser, ns__setUserResponse) \
    X(GET_USER_LIST, getUserList, userListResponse) \
    X(GET_SEND_AS_LIST, getSendAsList, userListResponse) \
    X(ADD_SEND_AS_USER, addSendAsUser, ns__addSendAsUserResponse) \
    X(DEL_SEND_AS_USER, delSendAsUser, ns__delSendAsUserResponse) \
    X(PURGE_SOFT_DELETE, purgeSoftDelete, ns__purgeSoftDeleteResponse) \
    X(PURGE_DEFERRED_UPDATES, purgeDeferredUpdates, purgeDeferredUpdatesResponse) \
    X(PURGE_CACHE, purgeCache, ns__purgeCacheResponse) \
    X(CREATE_STORE, createStore, ns__createStoreResponse) \
    X(REMOVE_STORE, removeStore, ns__removeStoreResponse) \
    X(HOOK_STORE, hookStore, ns__hookStoreResponse) \
    X(UNHOOK_STORE, unhookStore, ns__unhookStoreResponse) \
    X(GET_OWNER, getOwner, getOwnerResponse) \
    X(RESOLVE_USERNAME, resolveUsername, resolveUserResponse) \
    X(CREATE_GROUP, createGroup, setGroupResponse) \
    X(SET_GROUP, setGroup, ns__setGroupResponse) \
    X(GET_GROUP, getGroup, getGroupResponse) \
    X(GET_GROUP_LIST, getGroupList, groupListResponse) \
    X(GROUP_DELETE, groupDelete, ns__groupDeleteResponse) \
    X(RESOLVE_GROUPNAME, resolveGroupname, resolveGroupResponse) \
    X(DELETE_GROUP_USER, deleteGroupUser, ns__deleteGroupUserResponse) \
    X(ADD_GROUP_USER, addGroupUser, ns__addGroupUserResponse) \
    X(GET_USER_LIST_OF_GROUP, getUserListOfGroup, userListResponse) \
    X(GET_GROUP_LIST_OF_USER, getGroupListOfUser, groupListResponse) \
    X(CREATE_COMPANY, createCompany, setCompanyResponse) \
    X(DELETE_COMPANY, deleteCompany, ns__deleteCompanyResponse) \
    X(SET_COMPANY, setCompany, ns__setCompanyResponse) \
    X(GET_COMPANY, getCompany, getCompanyResponse) \
    X(RESOLVE_COMPANYNAME, resolveCompanyname, resolveCompanyResponse) \
    X(GET_COMPANY_LIST, getCompanyList, companyListResponse) \
    X(ADD_COMPANY_TO_REMOTE_VIEW_LIST, addCompanyToRemoteViewList, ns__addCompanyToRemoteViewListResponse) \
    X(DEL_COMPANY_FROM_REMOTE_VIEW_LIST, delCompanyFromRemoteViewList, ns__delCompanyFromRemoteViewListResponse) \
    X(GET_REMOTE_VIEW_LIST, getRemoteViewList, companyListResponse) \
    X(ADD_USER_TO_REMOTE_ADMIN_LIST, addUserToRemoteAdminList, ns__addUserToRemoteAdminListResponse) \
    X(DEL_USER_FROM_REMOTE_ADMIN_LIST, delUserFromRemoteAdminList, ns__delUserFromRemoteAdminListResponse) \
    X(GET_REMOTE_ADMIN_LIST, getRemoteAdminList, userListResponse) \
    X(CHECK_EXIST_OBJECT, checkExistObject, ns__checkExistObjectResponse) \
    X(READ_AB_PROPS, readABProps, readPropsResponse) \
    X(AB_RESOLVE_NAMES, abResolveNames, abResolveNamesResponse) \
    X(SYNC_USERS, syncUsers, ns__syncUsersResponse) \
    X(SET_LOCK_STATE, setLockState, ns__setLockStateResponse) \
    X(RESET_FOLDER_COUNT, resetFolderCount, resetFolderCountResponse) \
    X(GET_QUOTA, GetQuota, quotaResponse) \
    X(SET_QUOTA, SetQuota, ns__SetQuotaResponse) \
    X(ADD_QUOTA_RECIPIENT, AddQuotaRecipient, ns__AddQuotaRecipientResponse) \
    X(DELETE_QUOTA_RECIPIENT, DeleteQuotaRecipient, ns__DeleteQuotaRecipientResponse) \
    X(GET_QUOTA_RECIPIENTS, GetQuotaRecipients, userListResponse) \
    X(GET_QUOTA_STATUS, GetQuotaStatus, quotaStatus) \
    X(GET_CHANGES, getChanges, icsChangeResponse) \
    X(SET_SYNC_STATUS, setSyncStatus, setSyncStatusResponse) \
    X(GET_ENTRY_IDFROM_SOURCE_KEY, getEntryIDFromSourceKey, getEntryIDFromSourceKeyResponse) \
    X(GET_SYNC_STATES, getSyncStates, getSyncStatesReponse) \
    X(GET_LICENSE_AUTH, getLicenseAuth, getLicenseAuthResponse) \
    X(RESOLVE_PSEUDO_URL, resolvePseudoUrl, resolvePseudoUrlResponse) \
    X(GET_SERVER_DETAILS, getServerDetails, getServerDetailsResponse) \
    X(EXPORT_MESSAGE_CHANGES_AS_STREAM, exportMessageChangesAsStream, exportMessageChangesAsStreamResponse) \
    X(IMPORT_MESSAGE_FROM_STREAM, importMessageFromStream, ns__importMessageFromStreamResponse) \
    X(GET_CHANGE_INFO, getChangeInfo, getChangeInfoResponse) \
    X(TEST_SET, testSet, ns__testSetResponse)
/* clang-format on */

/* What gSOAP reads from and writes to. */
typedef struct {
    const guint8 *next;
    gsize left;
    GByteArray *out;
} Pipe;

static size_t
pipe_recv(struct soap *soap, char *data, size_t len)
{
    Pipe *p = soap->user;
    gsize n = MIN(len, p->left);

    memcpy(data, p->next, n);
    p->next += n;
    p->left -= n;
    return n;
}

static int
pipe_send(struct soap *soap, const char *data, size_t len)
{
    Pipe *p = soap->user;

    g_byte_array_append(p->out, (const guint8 *) data, (guint) len);
    return SOAP_OK;
}

static gboolean
begin_in(struct soap *soap)
{
    return soap_begin_recv(soap) == SOAP_OK && soap_envelope_begin_in(soap) == SOAP_OK &&
           soap_recv_header(soap) == SOAP_OK && soap_body_begin_in(soap) == SOAP_OK;
}

static gboolean
end_in(struct soap *soap)
{
    return soap_body_end_in(soap) == SOAP_OK && soap_envelope_end_in(soap) == SOAP_OK &&
           soap_end_recv(soap) == SOAP_OK;
}

static gboolean
begin_out(struct soap *soap)
{
    return soap_begin_send(soap) == SOAP_OK && soap_envelope_begin_out(soap) == SOAP_OK &&
           soap_body_begin_out(soap) == SOAP_OK;
}

static gboolean
end_out(struct soap *soap)
{
    return soap_body_end_out(soap) == SOAP_OK && soap_envelope_end_out(soap) == SOAP_OK &&
           soap_end_send(soap) == SOAP_OK;
}

/* Reads one structure and writes it again. */
#define DEFINE_ECHO(Type, tag)                                                                     \
    static gboolean echo_##tag(struct soap *soap, const char *element)                             \
    {                                                                                              \
        struct Type record;                                                                        \
        soap_default_##Type(soap, &record);                                                        \
        if (!begin_in(soap) || soap_get_##Type(soap, &record, element, NULL) == NULL ||            \
            !end_in(soap))                                                                         \
            return FALSE;                                                                          \
        soap_serialize_##Type(soap, &record);                                                      \
        return begin_out(soap) && soap_put_##Type(soap, &record, element, NULL) == SOAP_OK &&      \
               end_out(soap);                                                                      \
    }
#define DEFINE_ECHOES(constant, name, Response)                                                    \
    DEFINE_ECHO(ns__##name, args_of_##name)                                                        \
    DEFINE_ECHO(Response, response_of_##name)
CALLS(DEFINE_ECHOES)

typedef struct {
    TwSoapCall call;
    gboolean (*args)(struct soap *soap, const char *element);
    gboolean (*response)(struct soap *soap, const char *element);
} Row;

static const Row rows[] = {
#define ROW(constant, name, Response)                                                              \
    { TW_SOAP_CALL_##constant, echo_args_of_##name, echo_response_of_##name },
    CALLS(ROW)
#undef ROW
};

/* @bytes as gSOAP writes them after it has read them. */
static GByteArray *
through_gsoap(const TwBuffer *bytes,
              gboolean (*echo)(struct soap *soap, const char *element),
              const char *name)
{
    struct soap *soap = soap_new1(SOAP_C_UTFSTRING | SOAP_XML_TREE | SOAP_ENC_PLAIN);
    Pipe p = { bytes->data, bytes->len, g_byte_array_new() };
    g_autofree char *element = g_strconcat("ns:", name, NULL);

    soap->user = &p;
    soap->frecv = pipe_recv;
    soap->fsend = pipe_send;
    if (!echo(soap, element)) {
        soap_print_fault(soap, stderr);
        g_error("gSOAP refuses %s: %.*s", name, (int) MIN(bytes->len, 8000), (char *) bytes->data);
    }
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
    return p.out;
}

static void
check_call(TwSoapDecoder *decoder, GRand *rand, const Row *row, gboolean is_response)
{
    const TwSoapCallInfo *info = tw_soap_call_info(row->call);
    const TwSoapType *type = is_response ? info->response : info->args;
    g_autoptr(TwArena) arena = tw_arena_new(64u << 20);
    gpointer record = random_record(rand, arena, type);
    g_auto(TwBuffer) out = TW_BUFFER_INIT(16u << 20);
    g_autoptr(GByteArray) echoed = NULL;
    g_autoptr(GError) error = NULL;
    const TwSoapMessage *message;

    if (is_response) {
        g_assert_true(tw_soap_write_response(TW_SOAP_1_1, row->call, record, &out));
        tw_soap_decoder_expect_response(decoder, row->call);
        echoed = through_gsoap(&out, row->response, info->answer);
    } else {
        g_assert_true(tw_soap_write_request(row->call, record, &out));
        tw_soap_decoder_expect_request(decoder);
        echoed = through_gsoap(&out, row->args, info->name);
    }
    g_assert_true(tw_soap_decoder_feed(decoder, echoed->data, echoed->len, &error));
    message = tw_soap_decoder_finish(decoder, &error);
    g_assert_no_error(error);
    g_assert_no_error(message->refusal);
    assert_same_record(type, record, message->body);
}

static void
test_call(gconstpointer user)
{
    static const TwSoapLimits limits = TW_SOAP_LIMITS;
    g_autoptr(TwSoapDecoder) decoder = tw_soap_decoder_new(&limits);
    guint32 seed = (guint32) g_test_rand_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    g_test_message("seed %u", seed);
    for (guint i = 0; i < 12; i++)
        check_call(decoder, rand, user, i % 2 == 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path =
            g_strdup_printf("/soap/gsoap/%s", tw_soap_call_info(rows[i].call)->name);
        g_test_add_data_func(path, &rows[i], test_call);
    }
    return g_test_run();
}
