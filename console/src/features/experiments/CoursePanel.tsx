import { Stack, Text } from "@mantine/core";
import { useMemo } from "react";

import { Chart } from "@/parts/Chart";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { useCurrency } from "@/parts/session";
import { Told } from "@/parts/Told";
import { experimentWords } from "@/words/experiments";

import { courseOption, lastOf, whatOf } from "./course";
import { type Course, type Findings, primaryOf, whyNot } from "./model";

const words = experimentWords.course;
function One({ course, findings, many }: { course: Course; findings: Findings; many: boolean }) {
  const currency = useCurrency();
  const unit = primaryOf(findings);
  const option = useMemo(() => courseOption(course, unit, currency), [course, unit, currency]);
  const told = lastOf(course, unit, currency);
  return (
    <Stack gap={4}>
      {many && <Text fw={600} size="sm">{worded(course.variant)}</Text>}
      {course.days.length > 0 && <Chart option={option} label={`${words.title}. ${told}`} height={300} />}
      <Text size="sm">{told}</Text>
    </Stack>
  );
}

/** How the difference and its always-valid interval moved, day after day, and what the plan lets one conclude of it. */
export function CoursePanel({ courses, findings }: { courses: Course[]; findings: Findings }) {
  const primary = findings.metrics.find((each) => each.role === "primary");
  const why = findings.no_course !== null ? words.none[findings.no_course] : primary === undefined ? "" : whyNot(primary);
  return (
    <Panel title={words.title} what={whatOf(courses, findings)}>
      {courses.length === 0 && <Text size="sm"><Told text={why} /></Text>}
      {courses.map((each) => (
        <One key={each.variant} course={each} findings={findings} many={courses.length > 1} />
      ))}
      {courses.some((each) => each.days.length === 0) && why !== "" && <Text size="sm" className="ff-quiet"><Told text={why} /></Text>}
    </Panel>
  );
}
