/** A kind of exercise that fits any subject; `{}` stands for it. */
export interface Form {
  kind: "text" | "code" | "link";
  title: string;
  task: string;
  handIn: string;
  harder?: string;
  /** The share of the most points that its difficulty allows. */
  effort: number;
  rubric: [criterion: string, description: string, weight: number][];
}

export const TEXT_FORMS: readonly Form[] = [
  {
    kind: "text",
    title: "{}: in your own words",
    task: "Explain **{}** to somebody who has never heard of it. Leave out every word they would have to look up.",
    handIn: "your explanation, with one example from daily life.",
    harder: "name one thing that your explanation leaves out, and why it may.",
    effort: 0.6,
    rubric: [
      ["Clarity", "Somebody new to it could say it back", 3],
      ["Example", "The example shows the idea and not something beside it", 2],
    ],
  },
  {
    kind: "text",
    title: "{}: one worked example",
    task: "Take one small, real case of **{}** and work through it step by step. Say at each step what you do and why not something else.",
    handIn: "the case, the steps, and the result.",
    harder: "do a second case in which one of your steps would fail.",
    effort: 0.8,
    rubric: [
      ["Steps", "Nothing is skipped; each step follows from the one before", 3],
      ["Reasons", "Decisions have a reason", 2],
    ],
  },
  {
    kind: "text",
    title: "{}: a plan for seven days",
    task: "Plan one week of practice for **{}**: what you do each day, for how long, and how you will know that it worked.",
    handIn: "the plan as a list of days, and the one day that will be hardest.",
    effort: 0.5,
    rubric: [
      ["Feasibility", "The plan fits into a week that has other things in it", 2],
      ["Measure", "Each day has a result that can be checked", 2],
    ],
  },
  {
    kind: "text",
    title: "{}: what goes wrong",
    task: "Collect three mistakes that people make with **{}**: your own, or ones you have seen. For each: how it shows, why it happens, how to notice it early.",
    handIn: "three mistakes with these three answers each.",
    harder: "rank them by what they cost, and defend the order.",
    effort: 0.8,
    rubric: [
      ["Accuracy", "The mistakes are real ones, described so that one recognises them", 2],
      ["Insight", "The cause is more than a repetition of the symptom", 3],
    ],
  },
  {
    kind: "text",
    title: "{}: two ways compared",
    task: "Find two ways to go about **{}**. Try both for a short while, and compare them by three things that matter to you.",
    handIn: "the two ways, the comparison, and which one you will keep.",
    harder: "describe the person for whom the other one is better.",
    effort: 0.9,
    rubric: [
      ["Fairness", "Both are shown at their best", 2],
      ["Evidence", "The judgement rests on what you tried", 3],
    ],
  },
  {
    kind: "link",
    title: "{}: show it",
    task: "Make something small that shows what you can do with **{}** by now: a recording, a page, a drawing, a performance. Put it where your reviewers can open it.",
    handIn: "the link. Its page should say in two sentences what one is looking at.",
    effort: 1,
    rubric: [
      ["Craft", "It does what it sets out to do", 3],
      ["Presentation", "A visitor understands it without you beside them", 1],
    ],
  },
  {
    kind: "text",
    title: "{}: teach one lesson",
    task: "Prepare a lesson of ten minutes on **{}** for one person: what they know before, what they can do after, and what they do in between.",
    handIn: "the lesson as you would hold it, with the exercise and its solution.",
    harder: "add the question you fear most, and your answer.",
    effort: 0.9,
    rubric: [
      ["Structure", "Each part prepares the next one", 2],
      ["Exercise", "Whoever solves it has learned what was promised", 3],
    ],
  },
  {
    kind: "text",
    title: "{}: look back",
    task: "Look back at what you did for **{}** so far. What can you do now that you could not do at the start? What did you expect to be easy and was not?",
    handIn: "two things you can do now with a proof for each, and the one next step.",
    effort: 0.4,
    rubric: [
      ["Honesty", "It names something that did not work", 2],
      ["Evidence", "Progress is shown and not only claimed", 2],
    ],
  },
];

export const CODE_FORMS: readonly Form[] = [
  {
    kind: "code",
    title: "{}: the smallest program",
    task: "Write the smallest program that uses **{}** for something real. If a line can go and it still works, let it go.",
    handIn: "the program, with one comment: why it cannot be smaller.",
    effort: 0.6,
    rubric: [
      ["Correctness", "It runs and does what it says", 3],
      ["Simplicity", "Nothing is in it that it does not need", 2],
    ],
  },
  {
    kind: "code",
    title: "{}: tested at its edges",
    task: "Write one function around **{}** and the tests that would break it: nothing, one, many, the largest, the wrong kind.",
    handIn: "the function and its tests.",
    harder: "state one property that holds for every input, and test it with random ones.",
    effort: 0.9,
    rubric: [
      ["Correctness", "The tests pass for the right reason", 2],
      ["Coverage", "Every edge that the task names has a test", 3],
    ],
  },
  {
    kind: "code",
    title: "{}: make it readable",
    task: "Take code of yours that has to do with **{}** and rewrite it for a reader who has never seen it: names, order, size of functions. It must do the same as before.",
    handIn: "the code after, with the two most important changes as comments at the top.",
    effort: 0.7,
    rubric: [
      ["Readability", "Names and order tell the story", 3],
      ["Design", "Each function does one thing", 2],
    ],
  },
  {
    kind: "code",
    title: "{}: find the fault",
    task: "Plant a fault that is typical for **{}** into a short program, then find it as if you did not know it: with a test that fails, and then with the fix.",
    handIn: "the program with the fault, the failing test and the fix, in this order.",
    harder: "make the fault impossible by a type or an assertion.",
    effort: 0.8,
    rubric: [
      ["Realism", "The fault is one that happens", 2],
      ["Diagnosis", "The test shows the cause and not only that something is wrong", 3],
    ],
  },
];
