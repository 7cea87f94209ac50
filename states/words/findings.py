"""The reasons of findings in Chinese and English.

One entry per guard: held (zh, en), unmet (zh, en). `{x}` is a value of the finding, ids in it become their names.
`reasons` renders them.
"""

from __future__ import annotations

from .persons import OF_PERSONS, Four

WORDS: dict[str, Four] = {
    **OF_PERSONS,
    "action_available": (
        "本环节可办理。", "It can be taken here.",
        "现处“{state}”，不能办理“{action}”；须先办：{first}。", "The case is at {state}; {action} cannot be taken there. First: {first}.",
    ),
    "office_may_act": (
        "由有权单位办理。", "The office may take it.",
        "应由 {offices} 办理，{office} 无权办理。", "It is for {offices} to take, not for {office}.",
    ),
    "unit_in_area": (
        "在本人辖区内。", "The village lies in the actor's area.",
        "单位 {unit} 不在本人辖区内。", "Unit {unit} lies outside the actor's area.",
    ),
    "unit_owes_duty": (
        "该单位负有此项职责。", "The unit owes this.",
        "此项应由{level}办理；{unit} 不是已登记的该级单位（见 weigai unit list）。",
        "This is owed by a {level}; {unit} is not registered as one (see weigai unit list).",
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
        "已有{names}。", "On the file: {names}.",
        "缺{names}；请附上（--document {paper}=文件）。", "Missing paper: {names}; attach it (--document {paper}=FILE).",
    ),
    "original_seen": (
        "{names}原件已核。", "The original was seen: {names}.",
        "{names}的原件尚未核对（originals_seen 应含 {paper}）。", "The original of {names} was not seen (originals_seen must name {paper}).",
    ),
    "not_in_future": (
        "日期不在将来。", "The day is not in the future.",
        "办理日期 {on} 晚于今天（{today}）；事后方可登记。", "The day {on} lies after today ({today}); enter it once it has happened.",
    ),
    "in_order": (
        "不早于前一环节（{last}）。", "Not before the act that it rests on ({last}).",
        "日期 {on} 早于前一环节的 {last}；请核对日期。", "The day {on} lies before the act that it rests on ({last}); check the day.",
    ),
    "entered_in_time": (
        "登记及时。", "Entered in time.",
        "事后 {late} 天才登记（应在 {days} 天内）。", "Entered {late} days after it happened (within {days} is normal).",
    ),
    "in_stage": (
        "在规定阶段内。", "Within its stage.",
        "日期 {on} 不在规定阶段（{first} 至 {last}）内。", "The day {on} lies outside its stage ({first} to {last}).",
    ),
    "recorder_may_enter": (
        "登记人有权登记。", "Entered by somebody who may.",
        "{recorder} 代 {office} 登记须为政策所许，并附上纸质材料（允许：{allowed}，已附：{paper}）。",
        "{recorder} may enter acts of {office} only where the policy allows it and with the paper attached (allowed: {allowed}, paper: {paper}).",
    ),
    "contacts_made": (
        "已多次做工作（{made} 次）。", "The household was talked to {made} times.",
        "做工作的记录只有 {made} 次，应不少于 {wanted} 次。", "Only {made} talks on different days are on record; {wanted} are wanted.",
    ),
    "no_other_plan": (
        "无须另走他案。", "No other plan serves the household.",
        "{class} 应按方案 {see} 办理，不在本方案之列。", "A {class} household belongs to plan {see}, not to this one.",
    ),
    "class_served": (
        "属于本方案对象（{classes}）。", "The plan serves this class ({classes}).",
        "对象类别 {classes} 不在本方案之列（本方案：{served}）。", "The plan does not serve {classes} (it serves {served}).",
    ),
    "lives_in_countryside": (
        "长期居住在农村。", "Lives in the countryside.",
        "未证明长期居住在农村。", "It is not attested that the household lives in the countryside long-term.",
    ),
    "rural_registration": (
        "为农业家庭户口。", "Has a rural registration.",
        "未证明为农业家庭户口。", "It is not attested that the household has a rural registration.",
    ),
    "one_dwelling_at_most": (
        "住房不超过一处。", "One dwelling at the most.",
        "有 {dwellings} 处住房；只能有唯一住房。", "The household has {dwellings} dwellings; only one is allowed.",
    ),
    "has_dwelling": (
        "有住房。", "Has a dwelling.",
        "无房户不属于本方案对象。", "The plan does not serve households without a dwelling.",
    ),
    "no_dwelling_owned": (
        "整户贫困人口名下没有住房。", "No registered poor member owns a dwelling.",
        "有 {owners} 名贫困人口名下有住房，不能按无房户办理。", "{owners} registered poor member(s) own a dwelling; this is no no-house household.",
    ),
    "no_house_marked": (
        "档案中已标注无房。", "Marked as without a dwelling in the file.",
        "建档立卡档案中未标注为无房户，须由扶贫部门认定。", "Not marked as without a dwelling in the poverty file; the poverty office has to confirm.",
    ),
    "not_in_relocation_plan": (
        "未列入易地扶贫搬迁。", "Not in the relocation plan.",
        "已列入易地扶贫搬迁计划，不能作为危房改造对象。", "The household is in the relocation plan and cannot be served here.",
    ),
    "not_in_institutional_care": (
        "非集中供养。", "Not in institutional care.",
        "集中供养人员不属于本方案对象。", "A household in institutional care is not served by this plan.",
    ),
    "not_in_excluded_zone": (
        "不在方案排除的区域内。", "It lies in no zone that the plan leaves out.",
        "所在区域“{zone}”不在本方案范围内（排除：{zones}）。", "It lies in {zone}, which the plan leaves out ({zones}).",
    ),
    "consent_given": (
        "农户自愿改造。", "The household wishes it.",
        "没有农户的改造意愿；改造须自愿。", "The household's wish is not on record; the renovation is voluntary.",
    ),
    "application_complete": (
        "申请内容齐全并有户主签字。", "The application is complete and signed.",
        "申请书缺少：{missing}；户主签字：{signed}。", "The application lacks: {missing}; signed by the head: {signed}.",
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
        "票数不符：投票 {cast}，到会 {present}，应到 {eligible}，或赞成未过反对。", "The votes do not add up: {cast} cast, {present} present, {eligible} entitled, or no majority.",
    ),
    "relation_declared": (
        "无亲属关系。", "No relation.",
        "已申报与办理人员的亲属关系，应由他人办理。", "A relation to an official was declared; somebody else should act.",
    ),
    "places_posted": (
        "各处均已张贴。", "The notice hangs at every place.",
        "还应张贴于：{missing}。", "The notice must also hang at: {missing}.",
    ),
    "notice_discloses": (
        "公示内容齐全。", "The notice makes public what it must.",
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
        "公示期间未中断。", "It hung throughout.",
        "公示期间有中断，须重新公示。", "The notice did not hang throughout; it has to be posted again.",
    ),
    "no_open_objection": (
        "无未排除的异议。", "No open objection.",
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
        "没有入户调查的记录（{visited}）；先入户调查，再审核。", "No visit to the household up to that day is on record ({visited}); visit first.",
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
        "身份尚未认定：还须 {missing} 确认（已否认：{denied}）。", "The identity is not confirmed: {missing} still has to speak (denied: {denied}).",
    ),
    "no_house_confirmed": (
        "无房户已经排查和认定。", "Surveyed and confirmed as without a dwelling.",
        "无房户须经乡镇排查（{surveyed}）并由 {missing} 认定。", "A no-house household must be surveyed ({surveyed}) and confirmed by {missing}.",
    ),
    "authority_speaks": (
        "由该部门自行认定。", "The authority speaks for itself.",
        "{authority} 的认定不能由 {office} 作出。", "{office} cannot speak for {authority}.",
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
        "{grade} 级属于改造对象。", "Grade {grade} is an object of the plan.",
        "{grade} 级不属于改造对象（须为 {grades} 级）。", "Grade {grade} is not an object of the plan (only {grades}).",
    ),
    "appraiser_engaged": (
        "由第三方实地鉴定。", "A third party appraised on site.",
        "须由 {any} 聘请第三方机构并实地鉴定（聘请：{engaged_by}，机构：{body}，实地：{on_site}）。",
        "A third party engaged by {any} must have been on site (engaged by: {engaged_by}, body: {body}, on site: {on_site}).",
    ),
    "appraiser_independent": (
        "鉴定机构独立。", "The appraiser is independent.",
        "鉴定机构与施工方或申请人有关联。", "The appraiser is tied to the builder or the applicant.",
    ),
    "standard_named": (
        "已注明鉴定标准。", "The standard is named.",
        "未注明鉴定所依据的标准。", "The appraisal does not name its standard.",
    ),
    "identity_before_appraisal": (
        "先身份审核后鉴定。", "Identity came before the appraisal.",
        "实地鉴定日 {on_site} 早于身份审核通过之日（{accepted}）；须先审核身份。", "The visit on site ({on_site}) lies before the identity was accepted ({accepted}).",
    ),
    "appraised_before_demolition": (
        "先鉴定后拆除。", "Appraised before it was pulled down.",
        "房屋在鉴定前已拆除；须有替代证据（{any}），现有：{evidence}。", "The house went before its appraisal; other evidence is wanted ({any}), there is: {evidence}.",
    ),
    "mode_offered": (
        "改造方式符合规定。", "The plan offers this mode.",
        "{grade} 级（无房户：{no_house}）不采用、或原则上不采用“{mode}”（后者须写明理由）；本方案的方式：{modes}。", "For grade {grade} (no house: {no_house}) the plan does not offer {mode}, or in principle not: then a reason is wanted. Modes: {modes}.",
    ),
    "mode_chosen_freely": (
        "改造方式由农户自愿选择。", "The household chose the mode itself.",
        "改造方式须由农户自愿选择。", "The household must choose the mode itself.",
    ),
    "not_stably_out_of_poverty": (
        "不受稳定脱贫限制。", "Not barred as stably out of poverty.",
        "稳定脱贫户不能采用“{mode}”。", "A household stably out of poverty cannot take {mode}.",
    ),
    "builder_allowed": (
        "施工主体符合规定。", "This builder may build.",
        "该方式不能由 {builder} 建设（可由：{builders}）。", "{builder} may not build in this mode (only {builders}).",
    ),
    "difficulty_certified": (
        "已证明建房确有困难。", "Difficulty in building is certified.",
        "没有建房确有困难的证明。", "Difficulty in building is not certified.",
    ),
    "nothing_to_pay_oneself": (
        "农户无需自筹。", "The household pays nothing itself.",
        "该方式农户无需自筹，现登记自筹 {self_funding} 元。", "In this mode the household need not pay; {self_funding} yuan of its own are on record.",
    ),
    "within_means": (
        "在农户承受能力之内。", "Within the household's means.",
        "超出农户承受能力，可能负债过重。", "Beyond the household's means; it would over-indebt itself.",
    ),
    "land_preferred": (
        "用地合理。", "Built on preferred land.",
        "尽量利用空闲用地、闲置或老宅基地（现为：{land}）。", "Idle land, idle or old homesteads come first (here: {land}).",
    ),
    "conforms_to_plans": (
        "符合规划。", "Conforms to the plans.",
        "未核实符合土地利用和乡镇规划。", "Conformity with the land-use and township plans is not on record.",
    ),
    "area_within_limit": (
        "面积 {area} m²，未超限（{cap} m²）。", "The area of {area} m² is within the limit ({cap} m²).",
        "面积 {area} m² 超过 {cap} m²（放宽上限：{relaxed}，尚缺材料：{missing}）。",
        "The area of {area} m² is not within {cap} m² (with papers up to: {relaxed}; missing papers: {missing}).",
    ),
    "rooms_left_out": (
        "只扣除了方案不计的房间。", "Only rooms that the plan leaves out are left out.",
        "不计入面积的房间 {rooms} 不在方案之列（可不计：{allowed}）。", "{rooms} may not be left out of the area (the plan leaves out: {allowed}).",
    ),
    "area_average_kept": (
        "户均面积未超方案。", "The average area is within the plan.",
        "连同本户，户均面积 {average} m²，超过方案的 {most} m²。", "With this household the average area is {average} m², more than the {most} m² of the plan.",
    ),
    "area_above_floor": (
        "面积不低于 {floor} m²。", "Not below {floor} m².",
        "面积 {area} m² 低于 {floor} m²。", "The area of {area} m² is below {floor} m².",
    ),
    "built_as_approved": (
        "未超过批准面积。", "Not larger than approved.",
        "建成 {area} m²，超过批准的 {approved} m²。", "Built {area} m², approved {approved} m².",
    ),
    "quota_not_exceeded": (
        "在计划户数之内。", "Within the planned number.",
        "{names}将达 {count} 户，超过计划的 {planned} 户。", "{names}: {count} households, planned {planned}.",
    ),
    "budget_not_exceeded": (
        "在计划投资之内。", "Within the planned sum.",
        "{names}累计 {total_fen} 元，超过计划的 {planned_fen} 元。", "{names}: {total_fen} yuan in all, planned {planned_fen}.",
    ),
    "village_planned": (
        "已有村庄规划。", "The village has a plan.",
        "该村改造 {households} 户（达到 {many} 户），须编制村庄规划。", "The village has {households} renovations ({many} count as many); it needs a village plan.",
    ),
    "subsidy_determined": (
        "补助标准明确。", "The amount is determined.",
        "“{mode}”的补助数额未定，政策文件未明确之前不能发放。", "The plan gives no amount for {mode}; nothing can be paid until the policy says one.",
    ),
    "accepted_before_payment": (
        "已竣工验收（{accepted}）。", "Finally accepted ({accepted}).",
        "竣工验收合格后方可发放（验收：{accepted}）。", "It is paid only after the final acceptance (accepted: {accepted}).",
    ),
    "amount_within_subsidy": (
        "金额未超标准。", "The amount is within the subsidy.",
        "金额 {amount_fen} 元超出可发放的 {payable_fen} 元，或为零。", "{amount_fen} yuan is not within the {payable_fen} yuan that may be paid.",
    ),
    "amount_is_whole": (
        "足额发放。", "Paid in full.",
        "只发放 {amount_fen} 元，少于可发放的 {payable_fen} 元。", "Only {amount_fen} yuan of {payable_fen} are paid.",
    ),
    "subsidy_as_planned": ("金额符合方案。", "The amount is as planned.",
        "金额 {given_fen} 元不符合方案（{kind} {yuan} 元，最高 {most}）。", "The amount of {given_fen} yuan is not as planned ({kind}, {yuan} yuan; at most: {most})."),
    "subsidy_average_kept": ("户均补助未超标准。", "The average is within the plan.",
        "户均 {average_fen} 元，超过方案的 {yuan} 元。", "On average {average_fen} yuan, planned {yuan}."),
    "paid_in_time": ("按期发放（{due} 前）。", "Paid in time (by {due}).",
        "应在竣工验收（{accepted}）后 {days} 天内、即 {due} 前发放。", "It was to be paid within {days} days of the final acceptance ({accepted}), by {due}.",
    ),
    "instalment_due": ("第 {number} 期（共 {of} 期）可以发放。", "Part {number} of {of} is due.",
        "现在不应这样发放：应发第 {number} 期，共 {of} 期，{opens} 起；最后一期以“发放补助”办理。",
        "Not due in this way: part {number} of {of} comes next, from {opens}; the last is paid by pay, any other by pay_instalment.",
    ),
    "instalment_exact": ("本期金额无误。", "The part is exact.",
        "本期应发 {wanted_fen} 元，不是 {amount_fen} 元。", "This part is {wanted_fen} yuan, not {amount_fen}.",
    ),
    "policy_in_force": ("方案在有效期内。", "The policy is in force.", "方案适用于 {first} 至 {last} 受理的申请。",
        "The policy is for cases opened from {first} to {last}."),
    "policy_unchanged": ("方案内容未变。", "The policy is the same.",
        "{policy} 的内容与此前立户时不同（原 {before}，现 {hash}）：按新版本立户，以前的户不受影响。",
        "{policy} has another content than before ({before}, now {hash}): opened under the new version; earlier cases stay."),
    "fund_matches_line": (
        "资金来源正确。", "Paid from the right fund.",
        "资金来源应为 {wanted}，不是 {fund}。", "It is to be paid from {wanted}, not from {fund}.",
    ),
    "payee_matches": (
        "收款人正确。", "Paid to the right payee.",
        "收款人应为 {wanted}，不是 {payee}。", "It is to be paid to the {wanted}, not to the {payee}.",
    ),
    "channel_allowed": (
        "发放渠道正确。", "Paid through the right channel.",
        "应通过 {any} 发放，不是 {channel}。", "It is to be paid through {any}, not {channel}.",
    ),
    "built_within_limit": (
        "建成面积未超标。", "Built within the limit.",
        "建成面积 {area} m² 超标（{cap} m²），应取消补助资格。", "The house of {area} m² is over its limit ({cap} m²); the subsidy is to be cancelled.",
    ),
    "agreement_complete": (
        "协议内容齐全。", "The agreement is complete.",
        "建房协议缺少：{missing}（竣工时限：{until}）。", "The agreement lacks: {missing} (completion by: {until}).",
    ),
    "resettled": (
        "已妥善安置（{day}）。", "Resettled ({day}).",
        "危房户须先安置（租房、借住）再开工。", "The household must be resettled before works start.",
    ),
    "sealed_or_demolished": (
        "原危房已封存或拆除（{day}）。", "The old house is sealed or gone ({day}).",
        "原危房须先封存或拆除再开工。", "The old house must be sealed or pulled down before works start.",
    ),
    "supervisor_appointed": (
        "已委派质量监督员。", "A supervisor is appointed.",
        "须先委派接受过培训的质量监督员（{any}）。", "A trained supervisor ({any}) must be appointed first.",
    ),
    "works_on_time": (
        "按期完工。", "Completed in time.",
        "完工日 {on} 晚于 {by}，已逾期。", "Completed on {on}, after {by}: overdue.",
    ),
    "checklist_complete": (
        "建设标准逐项合格。", "Every item of the checklist is met.",
        "以下项目不合格或未填：{names}。", "Not met or not filled in: {names} ({missing}).",
    ),
    "preliminary_passed": (
        "初步验收已合格（{day}）。", "The preliminary acceptance was passed ({day}).",
        "须先通过初步验收。", "The preliminary acceptance must be passed first.",
    ),
    "accepted_one_by_one": (
        "逐户验收。", "Accepted house by house.",
        "验收须完工一处、验收一处，不能按名单批量办理。", "Houses are accepted one by one, never by a list.",
    ),
    "panel_complete": (
        "验收组成员齐全。", "The panel is complete.",
        "验收组须有职能部门（{departments}）和专业技术人员（{technicians}），各不少于 {wanted}。",
        "The panel needs departments ({departments}) and technicians ({technicians}), at least {wanted} of each.",
    ),
    "old_house_demolished": (
        "原房已拆除（{day}）。", "The old house is gone ({day}).",
        "建新须拆旧：没有原房拆除的记录。", "Who builds new pulls the old house down: no demolition is on record.",
    ),
    "one_homestead": (
        "一户一宅。", "One homestead.",
        "未确认一户一宅。", "It is not confirmed that the household keeps one homestead only.",
    ),
    "inspections_closed": (
        "督查问题已整改。", "Every problem is mended.",
        "督查问题 {inspections} 号尚未整改。", "Problem no. {inspections} of an inspection is not mended.",
    ),
    "inspection_exists": (
        "所销号的督查存在。", "The inspection is on record.",
        "本户没有 {number} 号督查；见 case history。", "There is no inspection no. {number} on this case; see case history.",
    ),
    "report_copies_kept": (
        "鉴定报告留存齐全。", "Copies are kept everywhere.",
        "鉴定报告还须留存于：{missing}。", "Copies of the appraisal report must also be kept at: {missing}.",
    ),
    "paid_or_closed": (
        "已发放或已说明不发放。", "Paid, or closed without payment.",
        "尚未发放补助；发放后，或说明理由不发放后，方可归档。", "Not paid yet; pay, or close without payment, before the file is archived.",
    ),
    "quorum_reached": (
        "到会和赞成人数达到要求。", "Enough were present and agreed.",
        "到会（{present}/{eligible}，应达 {share}）或赞成（{votes}，应超过 {agree}）人数不足，或没有登记人数。",
        "Too few were present ({present} of {eligible}, {share} wanted) or agreed ({votes}, more than {agree} wanted), or it was not counted.",
    ),
    "relatives_stepped_aside": (
        "亲属已回避。", "The relatives stepped aside.",
        "已申报亲属关系，但没有登记何人回避（stepped_aside）。", "A relation was declared, but nobody is recorded as having stepped aside (stepped_aside).",
    ),
    "places_photographed": (
        "各处公示均有照片。", "Each place was photographed.",
        "公示 {wanted} 处，照片只有 {photos} 张。", "The notice hangs at {wanted} places; there are {photos} photographs.",
    ),
    "notice_was_posted": (
        "该级公示已张贴。", "The notice was up.",
        "{level}的公示在该日尚未张贴（{posted}）。", "The notice of {level} was not up on that day ({posted}).",
    ),
    "reviewed_by_its_level": (
        "由张贴公示的一级复核。", "Reviewed by the level that posted.",
        "该异议应由 {offices} 复核，不是 {office}。", "That objection is for {offices} to review, not for {office}.",
    ),
    "notice_stands": (
        "该处公示情况相符。", "It fits how the notice hung.",
        "{level}的公示当时不在 {place} 张贴，或日期早于 {since}。", "The notice of {level} did not hang at {place} then, or the day lies before {since}.",
    ),
    "second_person_agreed": (
        "另有一人同意（{agreed_by}）。", "Somebody else agreed ({agreed_by}).",
        "须由办理人和登记人以外的另一人同意（agreed_by）。", "Somebody other than who acts and who enters it has to agree (agreed_by).",
    ),
    "not_suspended": (
        "未中止。", "Not suspended.",
        "自 {since} 起中止办理；恢复后方可继续。", "Suspended since {since}; resume it first.",
    ),
    "rejected_papers_resent": (
        "没有待重报的材料。", "No paper waits to be sent again.",
        "以下材料不合格，须重新提交：{papers}。", "These papers were rejected and have to be sent again: {papers}.",
    ),
    "corrected_facts_hold": (
        "更正后的事实与已作决定相符。", "What was decided fits the corrected facts.",
        "更正后以下规则不再满足：{rules}；请再更正、办理豁免或结束办理。", "On the corrected facts these rules no longer hold: {rules}. Correct again, exempt, or end the case.",
    ),
    "earlier_steps_hold": (
        "先前各环节仍然成立。", "The earlier steps still hold.",
        "按现有事实，以下规则不再满足：{rules}。", "On the facts as they now stand these rules do not hold: {rules}.",
    ),
    "own_step": (
        "由原办理单位撤销。", "Taken back by the office that took it.",
        "上一步由 {taken_by} 办理，只能由其撤销。", "The last step was taken by {taken_by}; only they take it back.",
    ),
    "nobody_built_on": (
        "其后无他人办理。", "Nobody has built on it.",
        "其后 {offices} 已有登记，或没有可撤销的环节。", "{offices} recorded something since, or there is no step to take back.",
    ),
    "appeal_exists": (
        "所答复的申诉存在。", "The appeal is on record.",
        "本户没有待答复的 {number} 号申诉；见 case history。", "There is no open appeal no. {number} on this case; see case history.",
    ),
    "runs_now": (
        "可以中止。", "It can be suspended.",
        "已自 {since} 起中止，或日期早于上一环节（{last}）。", "It is suspended since {since} already, or the day lies before its last step ({last}).",
    ),
    "is_suspended": (
        "正在中止。", "It is suspended.",
        "本户未中止，或恢复日期早于中止日期（{since}）。", "The case is not suspended, or was later ({since}).",
    ),
    "paper_on_file": (
        "材料在档。", "The paper is on the file.",
        "档内没有 {kind}。", "There is no {kind} on the file.",
    ),
    "correction_sound": (
        "更正有效。", "The correction is sound.",
        "没有可更正的内容，或不能更正：{unknown}。", "It changes nothing, or cannot be corrected: {unknown}.",
    ),
    "correction_by_its_office": (
        "由原办理单位更正。", "Put right by the office that took the step.",
        "该环节由 {offices} 办理，{office} 不能更正。", "The step is for {offices} to correct, not for {office}.",
    ),
    "actual_cost_recorded": (
        "实际造价已登记。", "The actual cost is on record.",
        "补助为上限额，尚未登记实际造价（actual_cost）。", "The subsidy is a ceiling, and the actual cost is not on record (actual_cost).",
    ),
    "nothing_paid": (
        "没有资金在外。", "No money is out.",
        "已发放 {paid_fen} 元，或没有退款，不能按不发放结案。", "{paid_fen} yuan is out, or nothing came back; it cannot be closed without payment.",
    ),
    "decisions_hold": (
        "更正不影响已作决定。", "What was decided still holds.",
        "更正后以下规则不再满足：{rules}；已记入户档。", "After the correction these rules no longer hold: {rules}; it is kept on the case.",
    ),
    "rule_exemptible": (
        "该规则可以豁免。", "The rule can be exempted from.",
        "{exempt} 不是本方案的规则，或不得豁免（不得豁免：{never}）。", "{exempt} is no rule of this plan, or nobody is exempted from it (never: {never}).",
    ),
    "exemption_bounded": (
        "豁免有期限。", "The exemption ends.",
        "豁免截止日期 {until} 早于 {on}。", "The exemption ends on {until}, before {on}.",
    ),
    "exemption_in_force": (
        "无豁免。", "No exemption.",
        "{exempt} 已豁免（{number} 号，{by} 批准，至 {until}）。", "Exempted from {exempt} (no. {number}, granted by {by}, until {until}).",
    ),
    "returned_within_paid": (
        "退款不超过已发放。", "No more came back than was paid.",
        "退款 {amount_fen} 元超过已发放的 {most_fen} 元。", "{amount_fen} yuan came back, but only {most_fen} was paid.",
    ),
    "reissue_within_due": (
        "不超过应补发数。", "No more than came back or was left.",
        "补发 {amount_fen} 元超过应补发的 {most_fen} 元。", "{amount_fen} yuan would be paid, but only {most_fen} came back or was left.",
    ),
    "voucher_new": (
        "凭证号未用过。", "The voucher is new.",
        "凭证号 {voucher} 在本户已使用。", "Voucher {voucher} was used on this case before.",
    ),
    "recovery_within_due": (
        "追回不超过应追回。", "No more is recovered than is due.",
        "追回 {amount_fen} 元超过应追回的 {most_fen} 元。", "{amount_fen} yuan would be recovered, but {most_fen} is due.",
    ),
    "resale_allowed": (
        "可以出售。", "It may be sold.",
        "{mode} 须满 {years} 年（{since} 起，至 {ends}）后方可出售；互助院不得出售。", "A {mode} house is sold only after {years} full years (from {since} to {ends}); a mutual-aid home never.",
    ),
    "refund_recorded": (
        "兜底资金已退还。", "The subsidy was refunded.",
        "出售前须先退还兜底资金（已退 {refunded_fen} 元，尚缺经手：{missing}）。", "The subsidy has to be refunded first ({refunded_fen} yuan so far; still through: {missing}).",
    ),
    "no_later_change": (
        "格局、面积未改变。", "Neither layout nor area was changed.",
        "验收后改变了格局或增加了面积（现 {area} m²，验收 {accepted} m²）。", "Layout or area was changed after the acceptance ({area} m² now, {accepted} m² accepted).",
    ),
    "grade_of_intake": (
        "等级符合该受理方式。", "The grade is one that this way in is for.",
        "该受理方式只适用于 {grades} 级，鉴定为 {grade} 级。", "This way in is for grade {grades} only; the house was graded {grade}.",
    ),
    "policy_fits_case": (
        "新方案适用于本户。", "The new policy can hold for the case.",
        "新方案不能用于本户：{why}。", "The new policy cannot hold for the case: {why}.",
    ),
    "state_follows": (
        "环节已对应。", "The states fit.",
        "按新方案本户应在“{state}”，不是“{expected}”；如确须如此，请加 --map {old}={new}。",
        "Under the new policy the case stands at {state}, not at {expected}; if that is meant, add --map {old}={new}.",
    ),
    "step_holds": (
        "已办各步仍成立。", "The steps taken still hold.",
        "“{action}”（{on}）按新方案不成立：{why}", "{action} ({on}) would not hold: {why}",
    ),
    "step_not_early": (
        "已办各步不早于新方案规定。", "No step was taken too early.",
        "“{action}”办于 {was}，按新方案最早应为 {on}。", "{action} was taken on {was}; under the new policy {on} is the first day.",
    ),
    "approval_stands": (
        "批准的补助不变。", "What was approved stays.",
        "按新方案，已批准的补助、资金或补助方式会变（{was_fen} 元变为 {fen} 元）；须先退回审批环节，重新审批。",
        "Amount, fund or kind of the approved subsidy would change ({was_fen} yuan to {fen}); step back and approve anew first.",
    ),
}  # fmt: skip
