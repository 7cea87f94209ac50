"""The Chinese and English names of ids: states, actions, offices, places, papers and the rest."""

from __future__ import annotations

# Where a notice hangs.
PLACES: dict[str, tuple[str, str]] = {
    "village_board": ("村务公开栏", "village board"),
    "main_street": ("主要街道", "main street"),
    "township_board": ("乡镇公开栏", "township board"),
    "county_board": ("县级公开栏", "county board"),
    "hamlet_board": ("村民小组公开栏", "board of the villagers' group"),
    "village_entrance": ("村口", "entrance of the village"),
    "village_office": ("村部", "village office"),
    "service_hall": ("便民服务大厅", "service hall"),
    "village_chat_group": ("村务微信群", "chat group of the village"),
    "township_website": ("乡镇网站", "township website"),
    "county_website": ("县级政府网站", "county website"),
    "local_newspaper": ("当地报纸", "local newspaper"),
    "local_television": ("当地电视台", "local television"),
}

LABELS: dict[str, tuple[str, str]] = {
    **PLACES,
    # states
    "draft": ("待提交", "draft"),
    "village_deliberation": ("村民主评议", "village deliberation"),
    "village_notice": ("待村级公示", "village notice to be posted"),
    "village_publicity": ("村级公示中", "village publicity"),
    "application_form": ("填写申请审批表", "application form"),
    "township_review": ("乡镇审核", "township review"),
    "township_notice": ("待乡级公示", "township notice to be posted"),
    "township_publicity": ("乡级公示中", "township publicity"),
    "township_meeting": ("乡镇会议研究", "township meeting"),
    "identity_check": ("身份审核", "identity check"),
    "appraisal": ("房屋鉴定", "appraisal"),
    "county_review": ("县级审批", "county review"),
    "county_notice": ("待县级公示", "county notice to be posted"),
    "county_publicity": ("县级公示中", "county publicity"),
    "registration": ("录入系统", "registration"),
    "agreement": ("签订建房协议", "agreement"),
    "site_preparation": ("开工准备", "site preparation"),
    "construction": ("施工", "construction"),
    "preliminary_acceptance": ("初步验收", "preliminary acceptance"),
    "final_acceptance": ("竣工验收", "final acceptance"),
    "payment": ("资金发放", "payment"),
    "archiving": ("归档", "archiving"),
    "archived": ("已归档", "archived"),
    "rectification": ("整改", "rectification"),
    "returned_to_village": ("退回村委会", "returned to the village"),
    "not_reported": ("不予上报", "not reported"),
    "ineligible": ("不符合条件", "ineligible"),
    "withdrawn": ("已撤回", "withdrawn"),
    "refused": ("拒绝改造", "refused"),
    "disqualified": ("取消资格", "disqualified"),
    # actions
    "open_case": ("立户", "open case"),
    "submit_application": ("提交申请", "submit application"),
    "record_deliberation": ("登记民主评议", "record deliberation"),
    "post_village_notice": ("张贴村级公示", "post village notice"),
    "close_village_publicity": ("村级公示期满", "close village publicity"),
    "report_to_township": ("上报乡镇", "report to township"),
    "accept_township_review": ("乡镇审核通过", "accept township review"),
    "post_township_notice": ("张贴乡级公示", "post township notice"),
    "close_township_publicity": ("乡级公示期满", "close township publicity"),
    "record_township_meeting": ("登记乡镇会议", "record township meeting"),
    "accept_identity": ("身份审核通过", "accept identity"),
    "record_appraisal": ("登记鉴定结果", "record appraisal"),
    "waive_appraisal": ("免予鉴定", "waive appraisal"),
    "approve": ("审批", "approve"),
    "post_county_notice": ("张贴县级公示", "post county notice"),
    "close_county_publicity": ("县级公示期满", "close county publicity"),
    "register": ("录入系统", "register"),
    "sign_agreement": ("签订协议", "sign agreement"),
    "start_works": ("开工", "start works"),
    "complete_works": ("完工", "complete works"),
    "pass_preliminary_acceptance": ("初步验收合格", "pass preliminary acceptance"),
    "pass_final_acceptance": ("竣工验收合格", "pass final acceptance"),
    "pay": ("发放补助", "pay"),
    "archive": ("归档", "archive"),
    "decline_to_report": ("不予上报", "decline to report"),
    "find_ineligible": ("认定不符合条件", "find ineligible"),
    "withdraw": ("撤回申请", "withdraw"),
    "refuse": ("登记拒绝改造", "refuse"),
    "fail_preliminary_acceptance": ("初步验收不合格", "fail preliminary acceptance"),
    "fail_final_acceptance": ("竣工验收不合格", "fail final acceptance"),
    "complete_rectification": ("整改完成", "complete rectification"),
    "disqualify": ("取消补助资格", "disqualify"),
    "close_without_payment": ("不发放而结案", "close without payment"),
    "return_to_village": ("退回村委会", "return to the village"),
    "reject_approval": ("不予审批并退回", "reject approval"),
    "resubmit": ("重新上报", "resubmit"),
    "step_back": ("撤销上一步", "step back"),
    "reopen": ("重新启动", "reopen"),
    "appeal": ("登记申诉", "appeal"),
    # facts
    "take_down_notice": ("登记公示撤下", "take down notice"),
    "repost_notice": ("重新张贴公示", "repost notice"),
    "check_document": ("核对材料", "check document"),
    "suspend": ("中止办理", "suspend"),
    "resume": ("恢复办理", "resume"),
    "correct": ("更正", "correct"),
    "request_confirmation": ("提请复核", "ask for confirmation"),
    "confirm_request": ("确认（复核）", "confirm"),
    "deny_request": ("否决（复核）", "deny"),
    "move_policy": ("转入另一方案", "move to another policy"),
    "exempt": ("例外批准", "exempt"),
    "answer_appeal": ("答复申诉", "answer appeal"),
    "pay_instalment": ("分期发放", "pay instalment"),
    "payment_returned": ("登记退款", "payment returned"),
    "reissue_payment": ("补发", "reissue payment"),
    "record_recovery": ("登记追回", "record recovery"),
    "record_alteration": ("登记改建", "record alteration"),
    "record_refund": ("登记兜底资金退还", "record refund"),
    "record_resale": ("登记出售", "record resale"),
    "record_upkeep": ("登记维护管理", "record upkeep"),
    "file_late_paper": ("补充归档材料", "file late paper"),
    "archive_ended_file": ("结束户档归档", "archive an ended file"),
    "attach": ("附材料", "attach a paper"),
    "record_survey": ("登记排查", "record survey"),
    "record_resettlement": ("登记安置", "record resettlement"),
    "record_sealing": ("登记封存", "record sealing"),
    "record_demolition": ("登记拆除", "record demolition"),
    "appoint_supervisor": ("委派质量监督员", "appoint supervisor"),
    "record_household_visit": ("登记入户调查", "record household visit"),
    "confirm_identity": ("确认身份", "confirm identity"),
    "deny_identity": ("否认身份", "deny identity"),
    "raise_objection": ("登记异议", "raise objection"),
    "answer_objection": ("答复异议", "answer objection"),
    "record_inspection": ("登记督查", "record inspection"),
    "close_inspection": ("督查问题销号", "close inspection"),
    "record_complaint": ("登记群众意见", "record complaint"),
    "record_pairing": ("登记结对帮扶", "record pairing"),
    "record_energy_guidance": ("登记节能指导", "record energy guidance"),
    "report_progress": ("报告进度", "report progress"),
    "record_contact": ("登记劝导", "record contact"),
    "record_hand_over": ("登记交付", "record hand-over"),
    # duties of units
    "submit_progress": ("报送进度", "submit progress"),
    "circulate_progress": ("通报进度", "circulate progress"),
    "submit_survey": ("报送排查结果", "submit survey"),
    "adopt_annual_plan": ("制定年度改造计划", "adopt annual plan"),
    "submit_self_check": ("报送自查总结", "submit self-check"),
    "adopt_village_plan": ("制定村庄规划", "adopt village plan"),
    "clock": ("期限", "deadline"),
    "matches": ("相符", "matches"),
    "amount_differs": ("金额不符", "amount differs"),
    "unknown_case": ("无此户档", "unknown case"),
    "twice": ("凭证重复", "voucher twice"),
    "not_in_sheet": ("表中没有", "not in the sheet"),
    "level_village": ("村", "village"),
    "level_township": ("乡镇、办事处", "township"),
    "level_county": ("市、县", "county"),
    "none": ("无职务", "no office"),
    "unmask": ("查看个人信息", "see personal values"),
    "erase": ("删除个人信息", "erase personal values"),
    "new_list": ("建立名单", "new list"),
    "send_list": ("移交名单", "send list"),
    "receive_list": ("接收名单", "receive list"),
    "refused_attempt": ("被拒绝的办理", "refused attempt"),
    "add_person": ("登记人员", "add person"),
    "import_units": ("导入单位", "import units"),
    # why somebody decides nothing on a household
    "own_number": ("本人为户内成员", "is of the household"),
    "relative": ("申报的亲属", "a declared relative"),
    "own_card": ("本人银行卡", "their own bank card"),
    "stepped_aside": ("已回避", "stepped aside"),
    "import_persons": ("导入人员", "import persons"),
    "propose_grant": ("提出授予职务", "propose grant"),
    "confirm_grant": ("确认授予职务", "confirm grant"),
    "revoke_grant": ("收回职务", "revoke grant"),
    "propose_account": ("提出变更账号", "propose account"),
    "confirm_account": ("确认变更账号", "confirm account"),
    "change_account": ("变更账号", "change account"),
    "declare": ("申报本人及亲属", "declare"),
    "rename_unit": ("单位更名", "rename unit"),
    "merge_unit": ("单位并入", "merge unit"),
    "propose_merge": ("提出单位并入", "propose merge"),
    "confirm_merge": ("确认单位并入", "confirm merge"),
    # how the time of an event disagrees
    "before_last_head": ("早于前一链头", "earlier than the head before"),
    "after_now": ("晚于核查之时", "later than it is now"),
    "before_last": ("早于前一条", "earlier than the event before"),
    "before_newest": ("早于当时本县最后一条", "earlier than the newest event of the county then"),
    "after_head": ("晚于收有该条的链头", "later than a head that holds it"),
    "before_head": ("早于未收该条的链头", "earlier than a head that does not hold it"),
    # offices
    "village": ("村委会", "village committee"),
    "township": ("乡镇政府、办事处", "township"),
    "county": ("市危改办", "county housing office"),
    "poverty_office": ("扶贫部门", "poverty office"),
    "civil_affairs": ("民政部门", "civil affairs"),
    "disabled_federation": ("残联", "disabled persons' federation"),
    "appraiser": ("鉴定机构", "appraiser"),
    "finance": ("财政部门", "finance"),
    "auditor": ("审计部门", "auditor"),
    "discipline": ("纪检监察", "discipline inspection"),
    "admin": ("系统管理", "administrator"),
    "proxy_entry": ("代为登录", "leave to work as others"),
    # what a case is
    "registered_poor": ("建档立卡户", "registered poor"),
    "extreme_poverty": ("分散供养特困", "extreme poverty"),
    "minimum_living": ("低保", "minimum living"),
    "disabled_poor": ("贫困残疾人家庭", "disabled and poor"),
    "self_build": ("自建", "self-build"),
    "guaranteed_housing": ("政府兜底房", "guaranteed housing"),
    "mutual_aid_home": ("互助院", "mutual-aid home"),
    "repair": ("修缮加固", "repair"),
    "household": ("农户", "household"),
    "no_house": ("无房户", "no house"),
    # places, contents, evidence
    "villagers_meeting": ("村民大会", "villagers' meeting"),
    "villagers_representatives": ("村民代表大会", "villagers' representatives"),
    "registration_text": ("户籍", "registration"),
    "income": ("家庭收入", "income"),
    "danger": ("住房危险程度", "danger of the dwelling"),
    "wish": ("改造意愿", "wish to renovate"),
    "policy": ("政策", "policy"),
    "beneficiaries": ("对象", "beneficiaries"),
    "standard": ("补助标准", "subsidy standard"),
    "task": ("任务", "task"),
    "quality": ("质量", "quality"),
    "progress": ("进度", "progress"),
    "safety": ("安全责任", "safety"),
    "completion": ("竣工时限", "completion"),
    "technician": ("技术人员", "technician"),
    "village_committee": ("村委会人员", "village committee member"),
    "earlier_survey": ("早先排查", "earlier survey"),
    "photographs": ("照片", "photographs"),
    "village_certificate": ("村证明", "village certificate"),
    "idle_land": ("村内空闲用地", "idle land"),
    "idle_homestead": ("闲置宅基地", "idle homestead"),
    "old_homestead": ("老宅基地", "old homestead"),
    "one_card": ("一卡通", "one-card account"),
    "poverty_alleviation": ("扶贫资金", "poverty-alleviation funds"),
    "local_finance": ("地方财政", "local finance"),
    "household_file": ("农户档案", "household's file"),
    "large_family_application": ("人口较多的申请", "application of a larger family"),
    "township_area_document": ("乡镇正式文件", "formal township document"),
    "danger_photo": ("危房照片", "photograph of the dangerous house"),
    "after_photo": ("改造后照片", "photograph after the renovation"),
    "village_plan": ("村庄规划", "village plan"),
    "treasury": ("市财政", "treasury"),
    "disaster": ("灾害新增", "disaster"),
    "suspended": ("中止办理", "suspended"),
    "objection": ("有异议", "objection"),
    "doubt": ("更正存疑", "rule in doubt"),
    "recover": ("待追回", "to recover"),
    "returned_payment": ("退款待发", "payment returned"),
    "pending": ("待复核", "waits for a second person"),
    "calendar": ("自然日", "calendar days"),
    "working": ("工作日", "working days"),
    "hand_over": ("移交名单", "hand-over"),
    "meeting": ("会议", "meeting"),
    "notice": ("公示", "notice"),
    "new": ("新建", "new"),
    "sent": ("已移交", "sent"),
    "received": ("已接收", "received"),
}


# The fields that an act cannot be taken without, as a refusal names them.
FIELDS: dict[str, tuple[str, str]] = {
    "request": ("待复核事项的序号（request）", "what waits, by its number (request)"),
    "contents": (
        "申请写明的内容（registration、income、danger、wish）",
        "what the application states (registration, income, danger, wish)",
    ),
    "signed_by_head": ("户主已签字", "signed by the head"),
    "consents": ("农户有改造意愿", "the household wishes it"),
    "assembly": (
        "评议形式（villagers_meeting 或 villagers_representatives）",
        "the assembly (villagers_meeting or villagers_representatives)",
    ),
    "approved": ("会议同意", "whether the meeting agreed"),
    "places": ("张贴地点", "where it hangs"),
    "hung_throughout": ("公示期间未中断", "whether it hung throughout"),
    "form_on": ("审批表填写日期", "the day of the form"),
    "papers_in_order": ("材料审核无误", "whether the papers are in order"),
    "grade": ("鉴定等级", "the grade"),
    "body": ("鉴定机构", "the appraising body"),
    "on_site_on": ("实地鉴定日期", "the day on site"),
    "mode": ("改造方式", "the mode"),
    "builder": ("施工主体（household 或 township）", "who builds (household or township)"),
    "chosen_by_household": ("农户自愿选择该方式", "whether the household chose it"),
    "items": ("协议写明的内容", "what the agreement settles"),
    "complete_by": ("竣工时限", "the day of completion"),
    "checklist": ("建设标准逐项核查", "the checklist"),
    "amount": ("金额（元）", "the amount in yuan"),
    "fund": ("资金来源", "the fund"),
    "payee": ("收款人（household 或 township）", "who is paid (household or township)"),
    "channel": ("发放渠道", "the channel"),
    "reason": ("理由", "the reason"),
    "mend_by": ("整改期限", "the day to mend it by"),
    "authority": ("认定部门", "the authority"),
    "level": ("公示级别（village、township 或 county）", "the notice's level"),
    "grounds": ("异议内容", "the grounds"),
    "place": ("地点", "the place"),
    "accepted": ("材料是否合格", "whether the paper is accepted"),
    "appeal": ("申诉序号", "the appeal's number"),
    "correction": ("更正后的内容（household、acts）", "the right values (household, acts)"),
    "cause": (
        "更正原因（error、death、head_changed、members_changed、class_changed、other）",
        "why it is corrected (error, death, head_changed, members_changed, class_changed, other)",
    ),
    "rule": ("规则编号", "the rule"),
    "granted_by": ("批准人", "who granted it"),
    "through": ("经手（village、township、treasury）", "through whom it went (village, township, treasury)"),
    "objection": ("异议序号", "the objection's number"),
    "upheld": ("异议是否成立", "whether it holds"),
    "outcome_reason": ("复核理由", "the reason of the outcome"),
    "problem": ("是否发现问题", "whether a problem was found"),
    "inspection": ("督查序号", "the inspection's number"),
    "name": ("姓名", "the name"),
    "kind": ("类别", "the kind"),
    "trained": ("接受过培训", "whether trained"),
    "visitor": ("入户人员", "who visited"),
    "how": ("安置方式（rented 或 borrowed）", "how (rented or borrowed)"),
}

# Further fields, as an act that waits for a second person names them.
FURTHER_FIELDS: dict[str, tuple[str, str]] = {
    "act": ("环节", "the act that it is for"),
    "until": ("截止日期", "the last day"),
}


# what a step with a name of its own makes of it: (before, after, Chinese, English)
_MADE = (
    ("post_", "_notice", "张贴{}公示", "post {} notice"),
    ("close_", "_publicity", "{}公示期满", "close {} publicity"),
    ("accept_", "_review", "{}审核通过", "accept {} review"),
    ("record_", "_meeting", "登记{}会议", "record {} meeting"),
    ("record_", "_deliberation", "登记{}评议", "record {} deliberation"),
    ("pass_", "_acceptance", "{}验收合格", "pass {} acceptance"),
    ("fail_", "_acceptance", "{}验收不合格", "fail {} acceptance"),
    ("report_to_", "", "上报{}", "report to {}"),
    ("returned_to_", "", "退回{}", "returned to the {}"),
    ("return_to_", "", "退回{}", "return to {}"),
    ("", "_notice", "待{}公示", "{} notice to be posted"),
    ("", "_publicity", "{}公示中", "{} publicity"),
    ("", "_review", "{}审核", "{} review"),
    ("", "_meeting", "{}会议研究", "{} meeting"),
    ("", "_deliberation", "{}评议", "{} deliberation"),
    ("", "_acceptance", "{}验收", "{} acceptance"),
    ("", "_report", "{}上报", "{} report"),
)


_LEVELS = {"village": ("村级", "village"), "township": ("乡级", "township"), "county": ("县级", "county")}


class Named(str):
    """An id that a policy has its own name for."""

    __slots__ = ("en", "zh")

    zh: str
    en: str

    @classmethod
    def of(cls, name: str, words: object) -> Named:
        """Return an id with its words, which have `zh` and `en`."""
        named = cls(name)
        named.zh, named.en = words.zh, words.en  # type: ignore[attr-defined]
        return named


def label(name: str | None, lang: str = "zh") -> str:
    """Return the name of an id in `lang`; an unknown id is returned as it is."""
    if name is None:
        return "—"
    if isinstance(name, Named):
        return name.en if lang == "en" else name.zh
    words = LABELS.get(name)
    return _made(name, lang) if words is None else words[lang == "en"]


def _made(name: str, lang: str) -> str:
    for before, after, *words in _MADE:
        inner = name.removeprefix(before).removesuffix(after)
        if inner and len(inner) == len(name) - len(before) - len(after):
            level = _LEVELS.get(inner)
            return words[lang == "en"].format(level[lang == "en"] if level else label(inner, lang))
    return name


def made(name: str, inner: str, words: object) -> Named:
    """Return the name of a state or action of a step that has a name (`inner`) and words of its own."""
    named = Named(name)
    named.zh = named.en = name
    for before, after, zh, en in _MADE:
        if name == f"{before}{inner}{after}":
            named.zh, named.en = zh.format(words.zh), en.format(words.en)  # type: ignore[attr-defined]
            break
    return named


def field(name: str, lang: str = "zh") -> str:
    """Return the name of a form's field in `lang`, with the word that is typed for it."""
    words = FIELDS.get(name) or FURTHER_FIELDS.get(name)
    return name if words is None else f"{words[lang == 'en']} [{name}]"
