"""The sentences of findings in Chinese and English.

One entry per guard: held (zh, en), unmet (zh, en). `{x}` is a value of the finding, ids in it become their names.
`reasons` renders them.
"""

from __future__ import annotations

from .persons import OF_PERSONS, Four

WORDS: dict[str, Four] = {
    **OF_PERSONS,
    "action_available": (
        "本环节可以办理此动作。", "This action is open in this state.",
        "现处“{state}”，不能办理“{action}”；须先办：{first}。", "The case is in state {state}, where {action} is not open. First take: {first}.",
    ),
    "office_may_act": (
        "由有权单位办理。", "This office may take the action.",
        "此项由 {offices} 办理，{office} 无权办理。", "This action belongs to {offices}; {office} may not take it.",
    ),
    "unit_in_area": (
        "单位在办理人辖区内。", "The unit lies in the area of the person who acts.",
        "单位 {unit} 不在办理人辖区内。", "Unit {unit} lies outside the area of the person who acts.",
    ),
    "unit_owes_duty": (
        "该单位负有此项职责。", "The unit has this duty.",
        "此项职责属于{level}；{unit} 不是已登记的该级单位（见 weigai unit list）。",
        "A {level} has this duty; {unit} is not registered as one (see weigai unit list).",
    ),
    "period_known": (
        "所报期次在方案之内。", "The plan has this period.",
        "方案没有 {period} 这一期；请以 --period 指明：{known}。", "The plan has no period {period}; give --period with one of: {known}.",
    ),
    "data_complete": (
        "内容齐全。", "Nothing is missing.",
        "缺少内容：{fields}。请用 --data 或 --set 补齐。", "Missing: {fields}. Give them with --data or --set.",
    ),
    "paper_attached": (
        "已有{names}。", "The file has: {names}.",
        "缺{names}；请附上（--document {paper}=文件）。", "This paper is missing: {names}; attach it (--document {paper}=FILE).",
    ),
    "original_seen": (
        "{names}原件已核。", "The original of {names} was checked.",
        "{names}的原件尚未核对；核对后请在 originals_seen 中列出 {paper}。", "The original of {names} was not checked; check it, then list {paper} under originals_seen.",
    ),
    "not_in_future": (
        "日期不在将来。", "The day of the act is not in the future.",
        "办理日期 {on} 晚于今天（{today}）；事后方可登记。", "The day {on} is later than today ({today}); enter the act once it has happened.",
    ),
    "in_order": (
        "不早于前一环节（{last}）。", "The day is not earlier than the step before ({last}).",
        "日期 {on} 早于前一环节的 {last}；请核对日期。", "The day {on} is earlier than the step before ({last}); check the day.",
    ),
    "entered_in_time": (
        "登记及时。", "It was entered in time.",
        "事后 {late} 天才登记；应在 {days} 天内登记。", "It was entered {late} days after it happened; it should be entered within {days} days.",
    ),
    "in_stage": (
        "日期在方案规定的阶段内。", "The day lies within the stage that the plan sets.",
        "日期 {on} 不在方案规定的阶段（{first} 至 {last}）内。", "The day {on} lies outside the stage that the plan sets ({first} to {last}).",
    ),
    "recorder_may_enter": (
        "登记人有权登记。", "The person who enters this may do so.",
        "只有方案允许，并附上纸质材料，{recorder} 才能代 {office} 登记（允许：{allowed}，已附：{paper}）。",
        "{recorder} may enter acts of {office} only if the policy allows it and the paper is attached (allowed: {allowed}, paper: {paper}).",
    ),
    "contacts_made": (
        "已劝导 {made} 次。", "Officials talked to the household {made} times.",
        "登记的劝导只有 {made} 次，应不少于 {wanted} 次。", "Only {made} talks with the household on different days are on record; the plan requires {wanted}.",
    ),
    "no_other_plan": (
        "不须按其他方案办理。", "No other plan serves the household.",
        "{class} 应按方案 {see} 办理，不在本方案之列。", "A {class} household belongs to plan {see}, not to this one.",
    ),
    "class_served": (
        "属于本方案对象（{classes}）。", "The plan serves this class ({classes}).",
        "对象类别 {classes} 不在本方案之列（本方案：{served}）。", "The plan does not serve {classes} (it serves {served}).",
    ),
    "lives_in_countryside": (
        "长期居住在农村。", "The household lives in the countryside.",
        "未证明长期居住在农村。", "It is not certified that the household lives in the countryside long-term.",
    ),
    "rural_registration": (
        "为农业家庭户口。", "The household has a rural registration.",
        "未证明为农业家庭户口。", "It is not certified that the household has a rural registration.",
    ),
    "one_dwelling_at_most": (
        "住房不超过一处。", "The household has one dwelling at most.",
        "有 {dwellings} 处住房；只能有唯一住房。", "The household has {dwellings} dwellings; only one is allowed.",
    ),
    "has_dwelling": (
        "有住房。", "The household has a dwelling.",
        "无房户不属于本方案对象。", "The plan does not serve households without a dwelling.",
    ),
    "no_dwelling_owned": (
        "整户贫困人口名下没有住房。", "No registered poor member owns a dwelling.",
        "有 {owners} 名贫困人口名下有住房，不能按无房户办理。", "{owners} registered poor member(s) own a dwelling, so the household does not count as one without a dwelling.",
    ),
    "no_house_marked": (
        "建档立卡档案中已标注为无房户。", "The poverty file marks the household as without a dwelling.",
        "建档立卡档案中未标注为无房户，须由扶贫部门认定。", "The poverty file does not mark the household as without a dwelling; the poverty office has to confirm it.",
    ),
    "not_in_relocation_plan": (
        "未列入易地扶贫搬迁。", "The household is not in the relocation plan.",
        "已列入易地扶贫搬迁计划，不能作为危房改造对象。", "The household is in the relocation plan, so this plan cannot serve it.",
    ),
    "not_in_institutional_care": (
        "非集中供养。", "The household is not in institutional care.",
        "集中供养人员不属于本方案对象。", "The plan does not serve a household in institutional care.",
    ),
    "not_in_excluded_zone": (
        "不在方案排除的区域内。", "The household lies in no zone that the plan excludes.",
        "所在区域“{zone}”不在本方案范围内（排除：{zones}）。", "The household lies in {zone}, which the plan excludes (excluded zones: {zones}).",
    ),
    "consent_given": (
        "农户自愿改造。", "The household wishes the renovation.",
        "没有登记农户的改造意愿；改造须自愿。", "The household's wish to renovate is not on record; the renovation is voluntary.",
    ),
    "application_complete": (
        "申请内容齐全并有户主签字。", "The application is complete and signed.",
        "申请书缺少：{missing}；户主签字：{signed}。", "The application lacks: {missing}; signed by the head of the household: {signed}.",
    ),
    "danger_photo_complete": (
        "照片符合要求。", "The photograph shows what it must.",
        "危房照片须有固定参照物（{reference}）和户主正面肖像（{head}）。", "The photograph must show a fixed reference ({reference}) and the head's portrait ({head}).",
    ),
    "assembly_allowed": (
        "评议形式符合要求。", "The assembly is one that the plan names.",
        "{assembly} 不是规定的评议形式（{allowed}）。", "{assembly} is not an assembly that the plan names ({allowed}).",
    ),
    "deliberation_passed": (
        "评议通过。", "The assembly agreed.",
        "评议未通过；应不予上报并说明原因。", "The assembly did not agree; decline to report, with the reason.",
    ),
    "votes_add_up": (
        "票数相符。", "The votes add up.",
        "票数不符，或赞成未过反对：投票 {cast}，到会 {present}，应到 {eligible}。", "The votes do not add up, or there is no majority: {cast} cast, {present} present, {eligible} entitled.",
    ),
    "relation_declared": (
        "没有申报亲属关系。", "No relation was declared.",
        "已申报与办理人员的亲属关系，应由他人办理。", "A relation to the official who acts was declared; somebody else should act.",
    ),
    "places_posted": (
        "各处均已张贴。", "The notice hangs at every place.",
        "还应张贴于：{missing}。", "The notice must also hang at: {missing}.",
    ),
    "notice_discloses": (
        "公示内容齐全。", "The notice shows everything that it must.",
        "公示未载明：{missing}。", "The notice does not show: {missing}.",
    ),
    "deadline_countable": (
        "期限可以计算（自 {until} 起可办）。", "The period can be counted (open from {until}).",
        "{year} 年尚无官方工作日历，期限无法计算；请提供日历文件（WEIGAI_CALENDAR）。", "There is no official calendar for {year}; the period cannot be counted. Give a calendar file (WEIGAI_CALENDAR).",
    ),
    "publicity_days_complete": (
        "公示已满（{period}）。", "The notice hung for its time ({period}).",
        "公示须满 {period}：{posted} 张贴，{opens} 零时起方可办理（未张贴处：{down}）。",
        "The notice must hang for {period}: posted on {posted}, open from {opens} 00:00 (down at: {down}).",
    ),
    "hung_throughout": (
        "公示期间未中断。", "The notice hung throughout.",
        "公示期间有中断，须重新公示。", "The notice did not hang throughout; post it again.",
    ),
    "no_open_objection": (
        "没有未了结的异议。", "No objection is open.",
        "异议 {objections} 号未排除（成立：{upheld}）；须先复核答复。", "Objection no. {objections} is open or upheld ({upheld}); review and answer it first.",
    ),
    "objection_exists": (
        "所答复的异议存在。", "The objection is on record.",
        "本户没有 {number} 号异议；见 case history。", "There is no objection no. {number} on this case; see case history.",
    ),
    "form_after_publicity": (
        "审批表填于公示期满之后。", "The form was filled in after the publicity.",
        "审批表填写日 {form_on} 须在公示期满（{opens}）之后、上报日（{on}）之前。", "The form's day {form_on} must lie between the end of the publicity ({opens}) and the report ({on}).",
    ),
    "household_visited": (
        "已入户调查（{visited}）。", "The household was visited ({visited}).",
        "没有入户调查的记录（{visited}）；先入户调查，再审核。", "No visit to the household up to that day is on record ({visited}); visit the household first.",
    ),
    "papers_in_order": (
        "材料审核无误。", "The papers are in order.",
        "材料审核未通过。", "The papers are not in order.",
    ),
    "meeting_decided": (
        "会议同意。", "The meeting agreed.",
        "会议未同意。", "The meeting did not agree.",
    ),
    "meeting_after_publicity": (
        "会议在公示期满之后。", "The meeting came after the publicity.",
        "会议日 {held} 须在公示期满（{opens}）之后。", "The meeting's day {held} must come after the publicity ({opens}).",
    ),
    "identity_confirmed": (
        "身份已经认定。", "The identity is confirmed.",
        "身份尚未认定：还须 {missing} 确认（已否认：{denied}）。", "The identity is not confirmed yet: {missing} must still confirm it (denied by: {denied}).",
    ),
    "no_house_confirmed": (
        "无房户已经排查和认定。", "The household was surveyed, and confirmed as without a dwelling.",
        "无房户须经乡镇排查（{surveyed}）并由 {missing} 认定。", "A household without a dwelling must be surveyed by the township (surveyed: {surveyed}) and confirmed by {missing}.",
    ),
    "authority_speaks": (
        "由该部门自行认定。", "The authority gives its own confirmation.",
        "{authority} 的认定不能由 {office} 作出。", "{office} cannot confirm in place of {authority}.",
    ),
    "appraisal_needed": (
        "需要鉴定。", "An appraisal is needed.",
        "该户无房可鉴定；应办理免予鉴定。", "There is no house to appraise; waive the appraisal instead.",
    ),
    "waiver_allowed": (
        "可以免予鉴定。", "The appraisal may be waived.",
        "该户有房，不能免予鉴定。", "The household has a house; its appraisal cannot be waived.",
    ),
    "grade_eligible": (
        "{grade} 级属于改造对象。", "The plan covers grade {grade}.",
        "{grade} 级不属于改造对象（须为 {grades} 级）。", "The plan does not cover grade {grade} (only {grades}).",
    ),
    "appraiser_engaged": (
        "由第三方实地鉴定。", "A third party appraised on site.",
        "须由 {any} 聘请第三方机构并实地鉴定（聘请：{engaged_by}，机构：{body}，实地：{on_site}）。",
        "{any} must engage a third party, and it must appraise on site (engaged by: {engaged_by}, body: {body}, on site: {on_site}).",
    ),
    "appraiser_independent": (
        "鉴定机构独立。", "The appraiser is independent.",
        "鉴定机构与施工方或申请人有关联。", "The appraiser is connected with the builder or the applicant.",
    ),
    "standard_named": (
        "已注明鉴定标准。", "The appraisal names its standard.",
        "未注明鉴定所依据的标准。", "The appraisal does not name its standard.",
    ),
    "identity_before_appraisal": (
        "先身份审核后鉴定。", "The identity was accepted before the appraisal.",
        "实地鉴定日 {on_site} 早于身份审核通过之日（{accepted}）；须先审核身份。", "The visit on site ({on_site}) is earlier than the day on which the identity was accepted ({accepted}); accept the identity first.",
    ),
    "appraised_before_demolition": (
        "先鉴定后拆除。", "The house was appraised before it was pulled down.",
        "房屋在鉴定前已拆除；须有替代证据（{any}），已有：{evidence}。", "The house was pulled down before its appraisal; other evidence is needed ({any}), on record: {evidence}.",
    ),
    "mode_offered": (
        "改造方式符合规定。", "The plan offers this mode.",
        "{grade} 级（无房户：{no_house}）不采用“{mode}”，或须写明理由才能采用；本方案的方式：{modes}。", "For grade {grade} (no house: {no_house}) the plan does not offer {mode}, or offers it only with a reason. Modes of the plan: {modes}.",
    ),
    "mode_chosen_freely": (
        "改造方式由农户自愿选择。", "The household chose the mode itself.",
        "改造方式须由农户自愿选择。", "The household must choose the mode itself.",
    ),
    "not_stably_out_of_poverty": (
        "不受稳定脱贫限制。", "The household is not barred as stably out of poverty.",
        "稳定脱贫户不能采用“{mode}”。", "A household that is stably out of poverty cannot choose {mode}.",
    ),
    "builder_allowed": (
        "施工主体符合规定。", "This builder may build in this mode.",
        "该方式不能由 {builder} 建设（可由：{builders}）。", "{builder} may not build in this mode (only {builders}).",
    ),
    "difficulty_certified": (
        "已证明建房确有困难。", "It is certified that the household has real difficulty in building.",
        "没有建房确有困难的证明。", "It is not certified that the household has real difficulty in building.",
    ),
    "nothing_to_pay_oneself": (
        "农户无需自筹。", "The household pays nothing itself.",
        "该方式农户无需自筹，现登记自筹 {self_funding} 元。", "In this mode the household pays nothing, but {self_funding} yuan of its own money are on record.",
    ),
    "within_means": (
        "在农户承受能力之内。", "The cost is within the household's means.",
        "超出农户承受能力，可能负债过重。", "The cost is beyond the household's means and could put it too deep in debt.",
    ),
    "land_preferred": (
        "用地合理。", "The house stands on land that the plan prefers.",
        "尽量利用空闲用地、闲置或老宅基地（现为：{land}）。", "The plan prefers idle land and idle or old homesteads (here: {land}).",
    ),
    "conforms_to_plans": (
        "符合规划。", "The house conforms to the land-use and township plans.",
        "未核实符合土地利用和乡镇规划。", "It is not on record that the house conforms to the land-use and township plans.",
    ),
    "area_within_limit": (
        "面积 {area} m²，未超限（{cap} m²）。", "The area of {area} m² is within the limit ({cap} m²).",
        "面积 {area} m² 超过 {cap} m²（放宽上限：{relaxed}，尚缺材料：{missing}）。",
        "The area of {area} m² is over {cap} m² (with papers up to: {relaxed}; missing papers: {missing}).",
    ),
    "rooms_left_out": (
        "只扣除了方案不计的房间。", "Only rooms that the plan excludes are left out of the area.",
        "不计入面积的房间 {rooms} 不在方案之列（可不计：{allowed}）。", "{rooms} may not be left out of the area (the plan excludes: {allowed}).",
    ),
    "area_average_kept": (
        "户均面积未超方案。", "The average area is within the plan.",
        "连同本户，户均面积 {average} m²，超过方案的 {most} m²。", "With this household the average area is {average} m², more than the {most} m² of the plan.",
    ),
    "area_above_floor": (
        "面积不低于 {floor} m²。", "The area is not below {floor} m².",
        "面积 {area} m² 低于 {floor} m²。", "The area of {area} m² is below {floor} m².",
    ),
    "built_as_approved": (
        "未超过批准面积。", "The house is not larger than approved.",
        "建成 {area} m²，超过批准的 {approved} m²。", "The house has {area} m²; {approved} m² were approved.",
    ),
    "quota_not_exceeded": (
        "在计划户数之内。", "The number of households is within the plan.",
        "{names}将达 {count} 户，超过计划的 {planned} 户。", "{names} would have {count} households; the plan has {planned}.",
    ),
    "budget_not_exceeded": (
        "在计划投资之内。", "The money is within the plan.",
        "{names}将累计达 {total_fen} 元，超过计划的 {planned_fen} 元。", "{names} would have {total_fen} yuan in all; the plan has {planned_fen}.",
    ),
    "village_planned": (
        "已有村庄规划。", "The village has a plan.",
        "该村改造 {households} 户；达到 {many} 户的须编制村庄规划。", "The village has {households} renovations; from {many} on it needs a village plan.",
    ),
    "subsidy_determined": (
        "补助标准明确。", "The plan sets the amount.",
        "“{mode}”的补助数额未定，政策文件未明确之前不能发放。", "The plan gives no amount for {mode}; nothing can be paid until the policy file gives one.",
    ),
    "accepted_before_payment": (
        "已竣工验收（{accepted}）。", "The final acceptance was passed ({accepted}).",
        "竣工验收合格后方可发放（验收：{accepted}）。", "The final acceptance must come before the payment (accepted: {accepted}).",
    ),
    "amount_within_subsidy": (
        "金额未超标准。", "The amount is within the subsidy.",
        "金额 {amount_fen} 元为零，或超出可发放的 {payable_fen} 元。", "{amount_fen} yuan is zero, or more than the {payable_fen} yuan that may be paid.",
    ),
    "amount_is_whole": (
        "足额发放。", "The subsidy is paid in full.",
        "只发放 {amount_fen} 元，少于可发放的 {payable_fen} 元。", "Only {amount_fen} of the {payable_fen} yuan that may be paid are paid.",
    ),
    "subsidy_as_planned": ("金额符合方案。", "The amount is as the plan sets it.",
        "{given_amount}：{wanted_amount}。", "{given_amount}: it {wanted_amount}."),
    "subsidy_average_kept": ("户均补助未超标准。", "The average subsidy is within the plan.",
        "户均 {average_fen} 元，超过方案的 {yuan} 元。", "The average subsidy would be {average_fen} yuan; the plan sets {yuan}."),
    "paid_in_time": ("按期发放（{due} 前）。", "The subsidy is paid in time (by {due}).",
        "应在竣工验收（{accepted}）后 {days} 天内、即 {due} 前发放。", "The subsidy should be paid within {days} days of the final acceptance ({accepted}), by {due}.",
    ),
    "instalment_due": ("第 {number} 期（共 {of} 期）可以发放。", "Part {number} of {of} is due.",
        "现在不应这样发放：下一笔是第 {number} 期（共 {of} 期），{opens} 起发放。最后一期以“发放补助”（pay）办理，其他各期以“分期发放”（pay_instalment）办理。",
        "This payment is not due: part {number} of {of} comes next, from {opens}. Pay the last part with pay, any other part with pay_instalment.",
    ),
    "instalment_exact": ("本期金额无误。", "The amount of this part is right.",
        "本期应发 {wanted_fen} 元，不是 {amount_fen} 元。", "This part must be {wanted_fen} yuan, not {amount_fen}.",
    ),
    "policy_in_force": ("方案在有效期内。", "The policy is in force.", "方案只适用于 {first} 至 {last} 受理的申请。",
        "The policy covers only applications opened from {first} to {last}."),
    "policy_unchanged": ("方案内容未变。", "The policy file has not changed.",
        "{policy} 的内容与以前立户时不同（原 {before}，现 {hash}）。本户按新版本立户；以前的户不受影响。",
        "The content of {policy} has changed since earlier cases were opened ({before}, now {hash}). This case goes under the new version; earlier cases keep theirs."),
    "fund_matches_line": (
        "资金来源正确。", "The money comes from the right fund.",
        "资金来源应为 {wanted}，不是 {fund}。", "The money must come from {wanted}, not from {fund}.",
    ),
    "payee_matches": (
        "收款人正确。", "The payee is right.",
        "收款人应为 {wanted}，不是 {payee}。", "The payee must be the {wanted}, not the {payee}.",
    ),
    "channel_allowed": (
        "发放渠道正确。", "The channel of the payment is right.",
        "应通过 {any} 发放，不是 {channel}。", "The money must go through {any}, not through {channel}.",
    ),
    "built_within_limit": (
        "建成面积未超标。", "The house is within its area limit.",
        "建成面积 {area} m² 超标（{cap} m²），应取消补助资格。", "The house of {area} m² is over its limit ({cap} m²); the subsidy must be cancelled.",
    ),
    "agreement_complete": (
        "协议内容齐全。", "The agreement is complete.",
        "建房协议缺少：{missing}（竣工时限：{until}）。", "The agreement lacks: {missing} (completion by: {until}).",
    ),
    "resettled": (
        "已妥善安置（{day}）。", "The household was resettled ({day}).",
        "危房户须先安置（租房、借住）再开工。", "Resettle the household first (a rented or borrowed room), then start the works.",
    ),
    "sealed_or_demolished": (
        "原危房已封存或拆除（{day}）。", "The old house was sealed or pulled down ({day}).",
        "原危房须先封存或拆除再开工。", "Seal the old house or pull it down first, then start the works.",
    ),
    "supervisor_appointed": (
        "已委派质量监督员。", "A quality supervisor is appointed.",
        "须先委派接受过培训的质量监督员（{any}）。", "Appoint a trained quality supervisor first ({any}).",
    ),
    "works_on_time": (
        "按期完工。", "The works were completed in time.",
        "完工日 {on} 晚于 {by}，已逾期。", "The works were completed on {on}, after {by}: they are overdue.",
    ),
    "checklist_complete": (
        "建设标准逐项合格。", "Every item of the checklist is met.",
        "以下项目不合格或未填：{names}。", "These items of the checklist are not met or not filled in: {names} ({missing}).",
    ),
    "preliminary_passed": (
        "初步验收已合格（{day}）。", "The preliminary acceptance was passed ({day}).",
        "须先通过初步验收。", "Pass the preliminary acceptance first.",
    ),
    "accepted_one_by_one": (
        "逐户验收。", "Each house is accepted by itself.",
        "验收须完工一处、验收一处，不能按名单批量办理。", "Accept each house by itself once it is complete, never by a list.",
    ),
    "panel_complete": (
        "验收组成员齐全。", "The panel is complete.",
        "验收组须有职能部门（{departments}）和专业技术人员（{technicians}），各不少于 {wanted}。",
        "The panel needs departments ({departments}) and technicians ({technicians}), at least {wanted} of each.",
    ),
    "old_house_demolished": (
        "原房已拆除（{day}）。", "The old house was pulled down ({day}).",
        "建新须拆旧：没有原房拆除的记录。", "A household that builds a new house must pull the old one down: no demolition is on record.",
    ),
    "one_homestead": (
        "一户一宅。", "The household keeps one homestead only.",
        "未确认一户一宅。", "It is not confirmed that the household keeps one homestead only.",
    ),
    "inspections_closed": (
        "督查问题已整改。", "Every problem of an inspection is mended.",
        "督查问题 {inspections} 号尚未整改；请先整改并销号。", "Problem no. {inspections} of an inspection is not mended; mend it and close the inspection first.",
    ),
    "inspection_exists": (
        "所销号的督查存在。", "The inspection is on record.",
        "本户没有 {number} 号督查；见 case history。", "There is no inspection no. {number} on this case; see case history.",
    ),
    "report_copies_kept": (
        "鉴定报告留存齐全。", "Copies of the appraisal report are kept at every place.",
        "鉴定报告还须留存于：{missing}。", "Copies of the appraisal report must also be kept at: {missing}.",
    ),
    "paid_or_closed": (
        "已发放或已说明不发放。", "The subsidy was paid, or the case was closed without payment.",
        "尚未发放补助；发放之后，或说明理由按不发放结案之后，方可归档。", "The subsidy is not paid yet: pay it, or close without payment and give the reason, before the file is archived.",
    ),
    "quorum_reached": (
        "到会和赞成人数达到要求。", "Enough people were present and agreed.",
        "到会（{present}/{eligible}，应达 {share}）或赞成（{votes}，应超过 {agree}）人数不足，或没有登记人数。",
        "Too few people were present ({present} of {eligible}; {share} needed) or agreed ({votes}; more than {agree} needed), or the numbers are not on record.",
    ),
    "relatives_stepped_aside": (
        "亲属已回避。", "The relatives stepped aside.",
        "已申报亲属关系，但没有登记何人回避；请在 stepped_aside 中写明。", "A relation was declared, but nobody is recorded as having stepped aside; name the person under stepped_aside.",
    ),
    "places_photographed": (
        "各处公示均有照片。", "There is a photograph of the notice at every place.",
        "公示 {wanted} 处，照片只有 {photos} 张。", "The notice hangs at {wanted} places, but there are only {photos} photographs.",
    ),
    "notice_was_posted": (
        "该级公示已张贴。", "The notice of this level was posted.",
        "{level}的公示在该日尚未张贴（{posted}）。", "The notice of {level} was not posted on that day ({posted}).",
    ),
    "reviewed_by_its_level": (
        "由张贴公示的一级复核。", "The level that posted the notice reviews the objection.",
        "该异议应由 {offices} 复核，不是 {office}。", "{offices} must review this objection, not {office}.",
    ),
    "notice_stands": (
        "与该处公示的情况相符。", "The entry agrees with where and when the notice hung.",
        "{level}的公示当时不在 {place} 张贴，或日期早于 {since}。", "The notice of {level} did not hang at {place} then, or the day is earlier than {since}.",
    ),
    "second_person_agreed": (
        "复核人已同意（{agreed_by}）。", "A second person agreed ({agreed_by}).",
        "须由复核人同意（agreed_by）：办理人和登记人以外的另一人。", "A second person must agree (agreed_by): neither the one who acts nor the one who enters.",
    ),
    "not_suspended": (
        "未中止。", "The case is not suspended.",
        "自 {since} 起中止办理；恢复后方可继续。", "The case is suspended since {since}; resume it first.",
    ),
    "rejected_papers_resent": (
        "没有待重报的材料。", "No rejected paper has to be sent again.",
        "以下材料不合格，须重新提交：{papers}。", "These papers were rejected; send them again: {papers}.",
    ),
    "corrected_facts_hold": (
        "更正后的事实与已作决定相符。", "The decisions taken fit the corrected facts.",
        "更正后以下规则不再满足：{rules}；请再更正、办理例外批准或结束办理。", "On the corrected facts these rules no longer hold: {rules}. Correct again, grant an exemption, or end the case.",
    ),
    "earlier_steps_hold": (
        "先前各环节仍然成立。", "The earlier steps still hold.",
        "按现有事实，以下规则不再满足：{rules}。", "On the present facts these rules do not hold: {rules}.",
    ),
    "own_step": (
        "由原办理单位撤销。", "The office that took the step takes it back.",
        "上一步由 {taken_by} 办理，只能由其撤销。", "{taken_by} took the last step; only that office can take it back.",
    ),
    "nobody_built_on": (
        "其后没有其他单位登记。", "No other office has recorded anything since.",
        "其后 {offices} 已有登记，或没有可撤销的环节。", "{offices} recorded something since then, or there is no step to take back.",
    ),
    "appeal_exists": (
        "所答复的申诉存在。", "The appeal is on record.",
        "本户没有待答复的 {number} 号申诉；见 case history。", "There is no open appeal no. {number} on this case; see case history.",
    ),
    "runs_now": (
        "可以中止。", "The case can be suspended.",
        "已自 {since} 起中止，或日期早于上一环节（{last}）。", "The case is already suspended since {since}, or the day is earlier than its last step ({last}).",
    ),
    "is_suspended": (
        "正在中止。", "The case is suspended.",
        "本户未中止，或恢复日期早于中止日期（{since}）。", "The case is not suspended, or was suspended only later ({since}).",
    ),
    "paper_on_file": (
        "材料在档。", "The paper is on the file.",
        "档内没有 {kind}。", "There is no {kind} on the file.",
    ),
    "correction_sound": (
        "可以这样更正。", "This correction can be made.",
        "更正没有改变任何内容，或这些内容不能更正：{unknown}。", "The correction changes nothing, or these values cannot be corrected: {unknown}.",
    ),
    "correction_by_its_office": (
        "由原办理单位更正。", "The office that took the step corrects it.",
        "该环节由 {offices} 办理，{office} 不能更正。", "This step belongs to {offices}; {office} cannot correct it.",
    ),
    "actual_cost_recorded": (
        "实际造价已登记。", "The actual cost is on record.",
        "补助为上限额，尚未登记实际造价；请填写 actual_cost。", "The subsidy is a ceiling, and the actual cost is not on record; enter actual_cost.",
    ),
    "nothing_paid": (
        "没有已发放而未退回的资金。", "No money was paid that did not come back.",
        "已发放 {paid_fen} 元，或没有退款，不能按不发放结案。", "{paid_fen} yuan was paid, or no payment came back, so the case cannot be closed without payment.",
    ),
    "decisions_hold": (
        "更正不影响已作的决定。", "The decisions taken still hold.",
        "更正后以下规则不再满足：{rules}；已记入户档。", "After the correction these rules no longer hold: {rules}; weigai notes this on the case.",
    ),
    "rule_exemptible": (
        "该规则可以例外批准。", "An exemption from this rule is possible.",
        "方案没有把 {exempt} 列为可以例外批准的规则（可以例外：{may}）。", "The policy does not list {exempt} among the rules from which it allows an exemption (it allows: {may}).",
    ),
    "exemption_lifts": (
        "例外批准针对可以例外的内容。", "There is something that the exemption can lift.",
        "{exempt} 在该环节（{act}）没有可以例外的内容：属于底线的任何人不得例外，缺的材料只能由方案写明的材料替代（可以例外的环节：{acts}）。", "Nothing of {exempt} can be lifted there ({act}): nobody is exempted from what is of the floor, and only papers that the policy names replace a missing one (possible at: {acts}).",
    ),
    "exemption_bounded": (
        "例外批准只用于一个环节，或有期限。", "The exemption is for one act, or it has a last day.",
        "例外批准须写明只用于哪个环节（act），或截止日期（until）{last_day}。", "Say for which one act the exemption is (act), or its last day (until){last_day}.",
    ),
    "floor_kept": (
        "没有环节靠越过底线的例外批准办理。", "No step rests on an exemption from the floor.",
        "以下规则曾经例外批准，但属于底线，不得例外：{rules}；在补正或更正前不得发放。", "A step rests on an exemption from {rules}, which nobody is exempted from. Hand in what is missing or correct it; payment waits until then.",
    ),
    "paper_replaced": (
        "材料已由替代材料代替。", "Other papers replace the missing one.",
        "缺 {names}（{paper}），按例外批准由 {papers} 替代。", "{names} ({paper}) is missing; by an exemption {papers} replace it.",
    ),
    "exemption_in_force": (
        "没有例外批准。", "There is no exemption.",
        "{exempt} 已例外批准（{number} 号，{by} 批准{bounds}）。", "An exemption from {exempt} was granted (no. {number}, by {by}{bounds}).",
    ),
    "returned_within_paid": (
        "退款不超过已发放。", "No more came back than was paid.",
        "退款 {amount_fen} 元超过已发放的 {most_fen} 元。", "{amount_fen} yuan would be returned, but only {most_fen} was paid.",
    ),
    "reissue_within_due": (
        "不超过应补发数。", "The amount is not more than what came back or was left over.",
        "补发 {amount_fen} 元超过应补发的 {most_fen} 元。", "{amount_fen} yuan would be paid again, but only {most_fen} came back or was left over.",
    ),
    "voucher_new": (
        "凭证号未用过。", "The voucher number is new.",
        "凭证号 {voucher} 在本户已使用；请核对凭证号。", "Voucher {voucher} was used on this case before; check the number.",
    ),
    "recovery_within_due": (
        "追回不超过应追回。", "No more is recovered than is due.",
        "追回 {amount_fen} 元超过应追回的 {most_fen} 元。", "{amount_fen} yuan would be recovered, but only {most_fen} is due.",
    ),
    "resale_allowed": (
        "可以出售。", "The house may be sold.",
        "{mode} 须满 {years} 年（{since} 起，至 {ends}）后方可出售；互助院不得出售。", "A {mode} house may be sold only after {years} full years (from {since} to {ends}); a mutual-aid home may never be sold.",
    ),
    "refund_recorded": (
        "兜底资金已退还。", "The subsidy was refunded.",
        "出售前须先退还兜底资金（已退 {refunded_fen} 元，尚缺经手：{missing}）。", "Refund the subsidy before the sale ({refunded_fen} yuan so far; it must still go through: {missing}).",
    ),
    "no_later_change": (
        "格局、面积未改变。", "Neither layout nor area was changed.",
        "验收后改变了格局或增加了面积（现 {area} m²，验收 {accepted} m²）。", "Layout or area was changed after the acceptance ({area} m² now, {accepted} m² accepted).",
    ),
    "grade_of_intake": (
        "该受理方式适用于此等级。", "This intake is for this grade.",
        "该受理方式只适用于 {grades} 级，鉴定为 {grade} 级。", "This intake is only for grade {grades}; the house was graded {grade}.",
    ),
    "policy_fits_case": (
        "新方案适用于本户。", "The new policy can apply to this case.",
        "新方案不能用于本户：{why}。", "The new policy cannot apply to this case: {why}.",
    ),
    "state_follows": (
        "两方案的环节已对应。", "The states of the two policies correspond.",
        "按新方案本户应在“{state}”，不是“{expected}”；如确须如此，请加 --map {old}={new}。",
        "Under the new policy the case would be in state {state}, not in {expected}; if you mean that, add --map {old}={new}.",
    ),
    "step_holds": (
        "已办各步仍成立。", "The steps taken still hold.",
        "“{action}”（{on}）按新方案不成立：{why}", "Under the new policy {action} ({on}) would not hold: {why}",
    ),
    "step_not_early": (
        "已办各步不早于新方案规定。", "No step was taken earlier than the new policy allows.",
        "“{action}”办于 {was}，按新方案最早应为 {on}。", "{action} was taken on {was}; the new policy allows it only from {on} on.",
    ),
    "approval_stands": (
        "批准的补助不变。", "The approved subsidy stays the same.",
        "按新方案，已批准的补助、资金或补助方式会变（{was_fen} 元变为 {fen} 元）；须先退回审批环节，重新审批。",
        "Under the new policy the amount, fund or kind of the approved subsidy would change ({was_fen} yuan to {fen}). First step back to the approval and approve anew.",
    ),
}  # fmt: skip
